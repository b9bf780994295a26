"""What a worker process serves: the app, configured by the environment."""

from fastapi import FastAPI

from merx.cli.orphans import end_with_parent
from merx.core.logs import configure_logs
from merx.core.memory import loading
from merx.settings import Settings


def app() -> FastAPI:
    """The application of one worker."""
    end_with_parent()
    settings = Settings()
    configure_logs(level=settings.log_level, form=settings.log_format)
    with loading():
        from merx.app import create_app
        from merx.extension import load_extensions

        return create_app(settings, load_extensions(settings))
