"""The lines of a file as its bytes arrive, and the lots that are written together."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

# A longer line is refused when the file is received.
LONGEST_LINE = 1024 * 1024
_MOST_BYTES = 4 * LONGEST_LINE


@dataclass(frozen=True, slots=True)
class Line:
    """A line, its number from 1, and the position of the byte after it."""

    number: int
    end: int
    text: bytes


@dataclass(slots=True)
class Lines:
    """The lines of a file from a position on; `number` and `position` are those of the last line
    read.
    """

    chunks: AsyncIterator[bytes]
    number: int = 0
    position: int = 0
    _rest: bytes = b""
    _waiting: list[bytes] | None = None
    _is_over: bool = False

    async def take(self, most: int) -> list[Line]:
        """The next lines, limited by number and size; empty at the end."""
        taken: list[Line] = []
        size = 0
        while len(taken) < most and size < _MOST_BYTES:
            text = await self._next()
            if text is None:
                break
            self.number += 1
            self.position += len(text)
            size += len(text)
            taken.append(Line(self.number, self.position, text.strip()))
        return taken

    async def _next(self) -> bytes | None:
        """The next line and its end; None after the last one."""
        while not self._waiting:
            if self._is_over:
                rest, self._rest = self._rest, b""
                return rest or None
            await self._read()
        return self._waiting.pop()

    async def _read(self) -> None:
        chunk = await anext(self.chunks, None)
        if chunk is None:
            self._is_over = True
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        self._waiting = [line + b"\n" for line in reversed(lines)]
