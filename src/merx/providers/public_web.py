"""HTTP requests to user-supplied URLs: they reach the public internet and nothing else.

A name is resolved once, all of its addresses are checked, and the connection goes to one of them,
so a DNS change right after the check has no effect. Redirects are not followed, proxies from the
environment not used, and time and size are limited.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Self
from urllib.parse import urlsplit

from merx.core.errors import InvalidData

SECONDS = 15.0
MOST_BYTES = 2048
_MOST_TRIED = 3
# Addresses that embed an IPv4 address: the embedded one is checked.
_NAT64 = IPv6Network("64:ff9b::/96")
# Python before 3.13 takes these for public.
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv6Network("64:ff9b:1::/48"))

Address = IPv4Address | IPv6Address


class AddressRefused(Exception):
    """The name resolves to an address that must not be reached."""


class Networks:
    """Networks beside the public internet that may be reached: 10.1.0.0/16, 127.0.0.1."""

    def __init__(self, text: str) -> None:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        self._allowed = [ip_network(part, strict=False) for part in parts]

    def __bool__(self) -> bool:
        return bool(self._allowed)

    def names(self, address: Address) -> bool:
        """Whether the setting includes the address."""
        real = _real(address)
        return any(real in network for network in self._allowed)

    def allow(self, address: Address) -> bool:
        """Whether the address may be reached."""
        return self.names(address) or _is_public(_real(address))


def _real(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and (address.teredo or address.scope_id):
        return False
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def check_url(url: str, networks: Networks, *, field: str) -> None:
    """Refuse a URL that could never be reached.

    Its name is resolved and checked on each request.
    """
    problem = _problem(url, networks)
    if problem:
        raise InvalidData(f"Invalid request: Field '{field}' {problem}")


def _problem(url: str, networks: Networks) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "must be a URL"
    if not url.isascii() or not url.isprintable() or " " in url or not host or port == 0:
        return "must be a URL of ASCII characters; write other names in Punycode"
    if parts.scheme not in ("https", *(("http",) if networks else ())):
        return "must begin with https://, or lie in a network of MERX_WEBHOOK_NETWORKS"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "must hold neither credentials nor a fragment"
    literal = _literal(host)
    if literal is not None and not networks.allow(literal):
        return "must not lead to a private address"
    return None


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """The response, with its body cut off at `MOST_BYTES`."""

    status: int
    body: bytes


class Poster:
    """Sends requests one after another, reusing the connection if the receiver keeps it open."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._pools: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for pool in self._pools.values():
            await pool.aclose()

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """The response; raises the failure, and TimeoutError if it takes too long."""
        scheme = urlsplit(url).scheme
        if scheme not in ("http", "https"):
            raise AddressRefused("The URL is neither http nor https")
        pool = self._pools.get(scheme)
        if pool is None:
            pool = self._pools[scheme] = _pool(self._networks, is_plain=scheme == "http")
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        sent.append((b"host", urlsplit(url).netloc.encode()))
        got = bytearray()
        try:
            async with (
                asyncio.timeout(SECONDS),
                pool.stream("POST", url, headers=sent, content=body) as answer,
            ):
                async for chunk in answer.aiter_stream():
                    got += chunk
                    if len(got) >= MOST_BYTES:
                        break
        except TimeoutError:
            raise TimeoutError(f"not done within {SECONDS:.0f} seconds") from None
        return Answer(answer.status, bytes(got[:MOST_BYTES]))


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def _pool(networks: Networks, *, is_plain: bool) -> Any:
    # Imported with the first request: most shops send none.
    import httpcore2  # noqa: PLC0415

    # It is declared twice, once for environments without anyio.
    inner: httpcore2.AsyncNetworkBackend = httpcore2.AnyIOBackend()  # pyright: ignore[reportAssignmentType]

    class Guarded(httpcore2.AsyncNetworkBackend):
        """Connects to checked addresses, never to names."""

        async def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,  # noqa: ASYNC109 - the signature is theirs
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> Any:
            failure: Exception | None = None
            for address in (await resolve(host, port, networks, is_plain=is_plain))[:_MOST_TRIED]:
                try:
                    return await inner.connect_tcp(
                        str(address), port, timeout, local_address, socket_options
                    )
                except (httpcore2.ConnectError, OSError) as error:
                    failure = error
            raise failure or AddressRefused(f"{host} has no address")

        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(seconds)

    return httpcore2.AsyncConnectionPool(
        ssl_context=_trusted(), network_backend=Guarded(), max_connections=1
    )


async def resolve(host: str, port: int, networks: Networks, *, is_plain: bool) -> list[Address]:
    """The addresses of a name; AddressRefused if any of them must not be reached.

    Without TLS only networks in the setting are allowed, since the request could be read on the
    way.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
    for address in addresses:
        is_allowed = networks.names(address) if is_plain else networks.allow(address)
        if not is_allowed:
            raise AddressRefused(f"{host} leads to {address}, which may not be reached")
    return addresses
