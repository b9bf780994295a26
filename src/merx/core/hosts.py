"""The hosts of a URL: which of them is connected to, each within its own time.

The driver has one time-out for all hosts together, which the first one uses up when it is frozen or
behind a network that swallows packets. So each is asked on its own, first the one that answered
last time: else every connection would wait for the dead one again.
"""

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import asyncpg

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]


# A peer that vanished without a word (power cut, a firewall that forgot the connection) is noticed
# after 10 + 3 * 5 seconds of silence, and 20 seconds after something sent was not confirmed. By
# default the system takes two hours and a quarter of one. Systems lack some of these.
_KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 20_000}


async def connect(url: str, **options: Any) -> "Connection":
    """A connection to one host, which notices when its peer has vanished."""
    connection = await asyncpg.connect(url, **options)
    # asyncpg has no public way to the socket.
    _keep_alive(connection._transport.get_extra_info("socket"))  # pyright: ignore[reportPrivateUsage]
    return connection


def _keep_alive(sock: socket.socket) -> None:
    if sock.family == socket.AF_UNIX:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class Hosts:
    """The hosts of a URL, and which answered last."""

    def __init__(self, url: str) -> None:
        self._urls = each_host(url)

    async def connect(
        self,
        *_: Any,
        timeout: float = 60,  # noqa: ASYNC109 - the pool's word
        **options: Any,
    ) -> "Connection":
        """Connect to the first that will, each within `timeout` seconds; raises what the last one
        raises. The pool passes a URL too, which is not looked at."""
        refusal: Exception | None = None
        for url in self._urls:
            try:
                connection = await connect(url, timeout=timeout, **options)
            except asyncpg.TargetServerAttributeNotMatched as error:
                # To callers this is one more server that is not there.
                refusal = ConnectionRefusedError(str(error))
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                refusal = error
            else:
                self._prefer(url)
                return connection
        assert refusal is not None
        raise refusal

    def _prefer(self, url: str) -> None:
        # A new list: others may be walking through the old one.
        self._urls = [url, *(other for other in self._urls if other != url)]


def each_host(url: str) -> list[str]:
    """A URL for each host of one: of its authority, or of the parameter `host`."""
    parts = urlsplit(url)
    user, at, hosts = parts.netloc.rpartition("@")
    if hosts:
        return [urlunsplit(parts._replace(netloc=user + at + host)) for host in hosts.split(",")]
    query = parse_qs(parts.query)
    if "host" not in query:
        return [url]
    named, ports = query.pop("host")[0].split(","), query.pop("port", ["5432"])[0].split(",")
    rest = [(name, value) for name, values in query.items() for value in values]
    return [
        # The third slash has to stay where there is no authority.
        f"{parts.scheme}://{user + at}{parts.path}?"
        + urlencode([("host", host), ("port", ports[place % len(ports)]), *rest])
        for place, host in enumerate(named)
    ]


def name_of(url: str) -> str:
    """The host of a URL of one host, for logs."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parse_qs(parts.query).get("host", [""])[0]
