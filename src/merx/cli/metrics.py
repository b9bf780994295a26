"""`/metrics` on a separate port: the metrics of all workers, and the backlog of events and jobs."""

import asyncio
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from functools import partial

import asyncpg
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from merx.core.hosts import connect
from merx.core.operator_errors import OperatorError
from merx.outbox.backlog import Backlog, read_backlog
from merx.settings import Settings

ASK_SECONDS = 5


@contextmanager
def metrics_served(settings: Settings, folder: str) -> Generator[None]:
    """Serve Prometheus while the block runs, with what all workers count in `folder`."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)
    registry.register(Waiting(settings.direct_database_url or settings.database_url or ""))
    try:
        server, thread = start_http_server(settings.metrics_port, settings.metrics_host, registry)
    except OSError as error:
        raise OperatorError(
            f"MERX_METRICS_PORT {settings.metrics_port}: {error.strerror}"
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Waiting:
    """Queries the database for waiting events and jobs at each scrape."""

    def __init__(self, url: str) -> None:
        self._url = url

    def collect(self) -> Iterable[Metric]:
        """The backlog; nothing while the database is away."""
        yield from self.describe()
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            found = asyncio.run(self._ask())
            family = partial(GaugeMetricFamily, labels=["of"])
            waiting = family("merx_waiting", "Events and deliveries that are waiting to be handled")
            late = family("merx_waiting_seconds", "Seconds since the oldest of them became due")
            for one in found:
                waiting.add_metric([one.name], one.count)
                late.add_metric([one.name], one.seconds)
            yield waiting
            yield late

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: registering a collector must not need the database."""
        return ()

    async def _ask(self) -> list[Backlog]:
        connection = await connect(self._url, timeout=ASK_SECONDS)
        try:
            return await asyncio.wait_for(read_backlog(connection), ASK_SECONDS)
        finally:
            connection.terminate()
