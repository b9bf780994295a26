"""What a worker process serves when there are several: the app, set up by the environment."""

import os
import signal
from multiprocessing import parent_process
from threading import Thread

from fastapi import FastAPI

from merx.app import create_app
from merx.core.logs import configure_logs
from merx.extension import load_extensions
from merx.settings import Settings


def app() -> FastAPI:
    """The application of one worker."""
    Thread(target=_end_with_parent, daemon=True).start()
    settings = Settings()
    configure_logs(level=settings.log_level, form=settings.log_format)
    return create_app(settings, load_extensions(settings))


def _end_with_parent() -> None:
    """Stop when the process that started the workers was killed: nobody would stop them later.

    Who that is was told at the start: a worker whose parent is killed while it loads has another
    one by now.
    """
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
