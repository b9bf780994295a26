"""What a worker process serves when there are several: the app, set up by the environment."""

import os
import signal
import time
from threading import Thread

from fastapi import FastAPI

from merx.app import create_app
from merx.core.logs import configure_logs
from merx.settings import Settings


def app() -> FastAPI:
    """The application of one worker."""
    Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    settings = Settings()
    configure_logs(level=settings.log_level, form=settings.log_format)
    return create_app(settings)


def _end_with_parent(parent: int) -> None:
    """Stop when the process that started the workers was killed: nobody would stop them later."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
