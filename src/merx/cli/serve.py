"""Serves the app: sockets, uvicorn, one process or several."""

import errno
import http.client
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

import uvicorn
from uvicorn.supervisors import Multiprocess

from merx.app import create_app
from merx.cli.configuration import export
from merx.core.failure import Failure
from merx.core.logs import configure_logs
from merx.settings import Settings

# Longer than the 60 seconds after which load balancers close their side: none sends into a closed
# connection then.
KEEP_ALIVE_SECONDS = 75
FINISH_SECONDS = 30


def bind(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address of `host`: localhost is 127.0.0.1 and ::1."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise Failure(f"The host {host} is unknown (MERX_HOST)") from error
    listening: list[socket.socket] = []
    for family, _, _, _, address in addresses:
        # Port 0 is a free port, the same for all addresses.
        taken = listening[0].getsockname()[1] if listening else port
        try:
            listening.append(_listen(family, (address[0], taken)))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Failure(
                    f"The port {port} is taken: stop what uses it, or choose another with --port"
                ) from error
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise Failure(f"{host}:{port} cannot be served: {error.strerror}") from error
    if not listening:
        raise Failure(f"The host {host} is no address of this machine (MERX_HOST)")
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


def serve(settings: Settings, sockets: list[socket.socket], when_ready: Callable[[], None]) -> None:
    """Answer requests until Ctrl-C or SIGTERM; running requests are finished first."""
    Thread(target=_call_when_ready, args=(sockets[0], when_ready), daemon=True).start()
    with suppress(KeyboardInterrupt):
        if settings.workers == 1:
            configure_logs(level=settings.log_level, form=settings.log_format)
            server = uvicorn.Server(_config(create_app(settings), settings))
            server.run(sockets=sockets)
            if not server.started:
                sys.exit(1)
        else:
            export(settings)
            config = _config("merx.cli.worker:app", settings)
            Multiprocess(config, sockets=sockets).run()


def _config(app: object, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # pyright: ignore[reportArgumentType] - an app or the name of its factory
        factory=isinstance(app, str),
        workers=settings.workers,
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )


def _call_when_ready(listener: socket.socket, when_ready: Callable[[], None]) -> None:
    # The kernel accepts from the start; the answer comes when the first worker is up.
    host, port = listener.getsockname()[:2]
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host) or str(host)
    connection = http.client.HTTPConnection(local, port, timeout=60)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/health")
        if connection.getresponse().status == http.client.OK:
            when_ready()
    connection.close()


def url(settings: Settings, sockets: list[socket.socket]) -> str:
    """Where a person on this machine finds the server."""
    host = "localhost" if settings.host in ("0.0.0.0", "::", "127.0.0.1") else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{sockets[0].getsockname()[1]}"
