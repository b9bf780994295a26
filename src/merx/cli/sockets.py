"""Listening sockets, bound before anything else is started."""

import errno
import socket

from merx.core.operator_errors import OperatorError
from merx.settings import Settings


def bind(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address of `host`: localhost is 127.0.0.1 and ::1."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise OperatorError(f"The host {host} is unknown (MERX_HOST)") from error
    listening: list[socket.socket] = []
    for family, _, _, _, address in addresses:
        # Port 0 means a free port, the same for all addresses.
        taken = listening[0].getsockname()[1] if listening else port
        try:
            listening.append(_listen(family, (address[0], taken)))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise OperatorError(
                    f"The port {port} is taken: stop what uses it, or choose another with --port"
                ) from error
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise OperatorError(f"{host}:{port} cannot be served: {error.strerror}") from error
    if not listening:
        raise OperatorError(f"The host {host} is not an address of this machine (MERX_HOST)")
    return listening


def _listen(family: int, address: tuple[str | int, int]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(2048)
        listener.set_inheritable(True)
    except OSError:
        listener.close()
        raise
    return listener


def url(settings: Settings, sockets: list[socket.socket]) -> str:
    """The URL of the server for a browser on this machine."""
    host = "localhost" if settings.host in ("0.0.0.0", "::", "127.0.0.1") else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{sockets[0].getsockname()[1]}"
