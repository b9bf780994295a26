"""A web server that receives webhooks, with responses chosen by the test."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def answer(status: int, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Words", "content-length: 0", *headers, "", ""]
    return "\r\n".join(lines).encode()


@dataclass
class Receiver:
    """`answers` are returned one after another, then 200; none while it is not `free`."""

    url: str = ""
    answers: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    handling: set[asyncio.Task[Any]] = field(default_factory=set)
    free: asyncio.Event = field(default_factory=asyncio.Event)

    def verified(self, secret: str) -> list[Any]:
        """The received events, after the library has verified their signatures."""
        pairs = zip(self.bodies, self.headers, strict=True)
        return [Webhook(secret).verify(body, headers) for body, headers in pairs]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers in self.headers]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.handling.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")[1:-2]
                headers = {k.lower(): v.strip() for k, _, v in (x.partition(":") for x in lines)}
                self.bodies.append(await reader.readexactly(int(headers["content-length"])))
                self.headers.append(headers)
                await self.free.wait()
                writer.write(self.answers.pop(0) if self.answers else OK)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    receiver.free.set()
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/told"
    try:
        yield receiver
    finally:
        server.close()
        for task in receiver.handling:
            task.cancel()
        await asyncio.gather(*receiver.handling, return_exceptions=True)
