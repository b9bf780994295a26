"""Structured logs, for people or for machines; log records of libraries get the same form.

Middleware binds the request's id: `structlog.contextvars.bound_contextvars(request_id=…)`.
"""

import logging
import sys
from typing import Any, Literal

import orjson
import structlog

from merx.core.tracing import current_ids


def configure_logs(*, level: str = "info", form: Literal["console", "json"] = "console") -> None:
    """Send all logs of this process to stderr in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_trace,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(form),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # Every start and stop of a worker is not worth a line.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    # Nor is every step of the tool that migrates.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Tries again until the database is back, and would show the same traceback each time.
    logging.getLogger("asyncpg.pool").addFilter(_in_one_line)


def _in_one_line(record: logging.LogRecord) -> bool:
    """Keep the error itself, without the way to it."""
    if record.exc_info and record.exc_info[1]:
        record.msg = f"{record.msg}: {record.exc_info[1]!r}"
        record.exc_info = None
    return True


def _add_trace(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    event.update(current_ids())
    return event


def _renderers(form: Literal["console", "json"]) -> list[structlog.typing.Processor]:
    # Tracebacks without local variables, which hold passwords and whole request bodies.
    if form == "console":
        colors = sys.stderr.isatty()
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(tracebacks),
        structlog.processors.JSONRenderer(serializer=_to_json),
    ]


def _to_json(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
