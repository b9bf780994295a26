"""What a worker process serves when there are several: the app, from settings in the environment."""

from fastapi import FastAPI

from merx.app import create_app
from merx.core.logs import configure_logs
from merx.settings import Settings


def app() -> FastAPI:
    """The application of one worker."""
    settings = Settings()
    configure_logs(level=settings.log_level, form=settings.log_format)
    return create_app(settings)
