"""Restarts the embedded PostgreSQL a few times if it dies; then shuts the shop down."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Event, Thread

import structlog

from merx.core.embedded.server import EmbeddedPostgres
from merx.core.operator_errors import EmbeddedError

MOST_RESTARTS = 5
WITHIN_SECONDS = 600
_LOOK_SECONDS = 1
_log = structlog.get_logger()


@contextmanager
def kept_running(server: EmbeddedPostgres, give_up: Callable[[], None]) -> Generator[None]:
    """Watch a held cluster while the block runs; call `give_up` when restarts do not help."""
    over = Event()
    watching = Thread(target=_watch, args=(server, over, give_up), daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


def _watch(server: EmbeddedPostgres, over: Event, give_up: Callable[[], None]) -> None:
    restarts: list[float] = []
    while not over.wait(_LOOK_SECONDS):
        if server.is_running():
            continue
        now = time.monotonic()
        restarts = [at for at in restarts if now - at < WITHIN_SECONDS]
        if len(restarts) >= MOST_RESTARTS:
            _log.error("the embedded PostgreSQL keeps crashing", see=str(server.log))
            give_up()
            return
        restarts.append(now)
        try:
            server.restart()
            _log.warning("the embedded PostgreSQL had crashed and was restarted")
        except (EmbeddedError, OSError) as error:
            _log.error("the embedded PostgreSQL could not be restarted", error=str(error))
