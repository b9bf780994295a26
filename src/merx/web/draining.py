"""Draining: from SIGTERM on, `/ready` answers 503 while requests are still served.

Load balancers move traffic elsewhere before the server stops listening, finishes running requests
and exits.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import structlog
from fastapi import FastAPI

_log = structlog.get_logger()


@contextmanager
def draining(app: FastAPI, seconds: float) -> Generator[None]:
    """While the block runs, the server receives SIGTERM this many seconds late; a second SIGTERM at
    once.
    """
    app.state.is_draining = False
    then = signal.getsignal(signal.SIGTERM)
    # Only the main thread may set signal handlers; without a handler there is no server.
    if threading.current_thread() is not threading.main_thread() or not callable(then):
        yield
        return
    signal.signal(signal.SIGTERM, _handler(app, seconds, then))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, then)


def _handler(
    app: FastAPI, seconds: float, then: Callable[[int, FrameType | None], Any]
) -> Callable[[int, FrameType | None], None]:
    loop = asyncio.get_running_loop()

    def drain(number: int, frame: FrameType | None) -> None:
        if app.state.is_draining or not seconds:
            app.state.is_draining = True
            then(number, frame)
            return
        app.state.is_draining = True
        _log.info("draining", seconds=seconds)
        loop.call_soon_threadsafe(loop.call_later, seconds, then, number, None)

    return drain
