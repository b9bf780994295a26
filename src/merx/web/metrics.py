"""Prometheus metrics of requests, statements and connections; imported only when enabled.

Routes are labelled by their templates, so clients cannot increase the number of series.
"""

import time

from asyncpg.connection import LoggedQuery
from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merx.core.database import Database
from merx.web.route_template import route_template

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Histogram(
    "merx_request_seconds",
    "Time from a request's head to the end of its answer",
    ["method", "route", "status"],
    buckets=_SECONDS,
)
STATEMENTS = Histogram("merx_statement_seconds", "Time of a SQL statement", buckets=_SECONDS)
FAILED = Counter("merx_statement_errors_total", "SQL statements that PostgreSQL refused")
CONNECTIONS = Gauge(
    "merx_connections",
    "Connections to the database",
    ["state"],
    multiprocess_mode="livesum",
)


def count_statement(query: LoggedQuery) -> None:
    """Called by the driver after each statement."""
    STATEMENTS.observe(query.elapsed)
    if query.exception is not None:
        FAILED.inc()


class Metrics:
    """Times each request, and samples the pool afterwards."""

    def __init__(self, app: ASGIApp, *, database: Database) -> None:
        self._app = app
        self._database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def send_and_look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_look)
        finally:
            REQUESTS.labels(scope["method"], route_template(scope), str(status)).observe(
                time.perf_counter() - started
            )
            open_connections, idle = self._database.connections.count()
            CONNECTIONS.labels("busy").set(open_connections - idle)
            CONNECTIONS.labels("idle").set(idle)
