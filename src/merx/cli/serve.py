"""Serves the app: uvicorn, with one process or several.

With several, the process that supervises the workers does not load the app.
"""

import http.client
import os
import resource
import socket
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from threading import Thread

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from merx.cli.configuration import export
from merx.cli.connections import BoundedConnection
from merx.core.logs import configure_logs
from merx.core.memory import loading
from merx.core.operator_errors import OperatorError
from merx.settings import Settings

# Longer than the 60 seconds after which load balancers close their side, so that none sends into a
# closed connection.
KEEP_ALIVE_SECONDS = 75
FINISH_SECONDS = 30
# File descriptors for the database, files and logs.
_OTHER_DESCRIPTORS = 100


def serve(settings: Settings, sockets: list[socket.socket], when_ready: Callable[[], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; running requests are finished first.

    Exits with 1 if the app, or that of a worker, does not start: whoever runs it may try again.
    """
    configure_logs(level=settings.log_level, form=settings.log_format)
    Thread(target=_call_when_ready, args=(sockets[0], when_ready), daemon=True).start()
    with suppress(KeyboardInterrupt), _counted(settings):
        if settings.workers == 1:
            with loading():
                from merx.app import create_app
                from merx.extension import load_extensions

                app = create_app(settings, load_extensions(settings))
            server = uvicorn.Server(_config(app, settings))
            server.run(sockets=sockets)
            if not server.started:
                sys.exit(1)
        else:
            export(settings)
            config = _config("merx.cli.worker:app", settings)
            supervisor = Multiprocess(config, sockets=sockets)
            supervisor.run()
            if any(one.exitcode == STARTUP_FAILURE for one in supervisor.processes):
                sys.exit(1)


@contextmanager
def _counted(settings: Settings) -> Generator[None]:
    """Serve the workers' metrics to Prometheus, if enabled."""
    if not settings.metrics_port:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="merx-metrics-") as folder:
        # Read when the client library is imported, here and in each worker.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        try:
            from merx.cli.metrics import metrics_served
        except ImportError as error:
            raise OperatorError("MERX_METRICS_PORT needs merx[metrics]") from error
        with metrics_served(settings, folder):
            yield


def _config(app: object, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # pyright: ignore[reportArgumentType] - an app or the name of its factory
        factory=isinstance(app, str),
        workers=settings.workers,
        http=BoundedConnection,
        limit_concurrency=most_connections(settings),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )


def most_connections(settings: Settings) -> int:
    """The setting's limit, or fewer if there are not enough file descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.max_connections + _OTHER_DESCRIPTORS
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(10, min(wanted, soft) - _OTHER_DESCRIPTORS)


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
