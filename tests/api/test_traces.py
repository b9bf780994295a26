"""OpenTelemetry spans of requests, their statements, providers, events and jobs."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from merx.app import create_app
from merx.core.database import Database, Transaction
from merx.core.tracing import span, stop_tracing, trace_to
from merx.outbox import Event, Job, Relay, Subscriber, emit, run_jobs
from merx.providers.search import SearchEngine
from merx.providers.traced import traced
from merx.settings import Settings
from tests.factories.people import make_person
from tests.fixtures import requests_to

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    trace_to(SimpleSpanProcessor(exporter))
    yield exporter
    stop_tracing()


@pytest.fixture
async def admin(
    exporter: InMemorySpanExporter,
    settings: Settings,
    database: Database,
    tx: Transaction,
    tmp_path: Path,
) -> AsyncIterator[httpx.AsyncClient]:
    """Requests of an admin user to a shop with tracing."""
    person = await make_person(tx, "admin@shop.test")
    told = {"traces_url": "http://localhost:1/v1/traces", "files": str(tmp_path)}
    app = create_app(settings.model_copy(update=told))
    app.state.database = database
    app.state.wake_relay = lambda: None
    exporter.clear()
    async with requests_to(app) as client:
        client.headers.update(person.bearer(settings))
        yield client


def within(exporter: InMemorySpanExporter, name: str) -> tuple[ReadableSpan, list[ReadableSpan]]:
    """The span with this name, and its direct children."""
    spans = exporter.get_finished_spans()
    [found] = [one for one in spans if one.name == name]
    below = [one for one in spans if one.parent and one.parent.span_id == found.context.span_id]
    return found, below


async def test_a_request_is_a_span_of_its_callers_trace_and_its_statements_are_below(
    admin: httpx.AsyncClient, exporter: InMemorySpanExporter
) -> None:
    answer = await admin.get("/admin/products/prod_none", headers={"traceparent": CALLER})

    assert answer.status_code == 404
    span, statements = within(exporter, "GET /admin/products/{id}")
    assert span.kind is SpanKind.SERVER
    assert f"{span.context.trace_id:032x}" == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == "00f067aa0ba902b7"
    assert span.attributes is not None
    assert span.attributes["http.route"] == "/admin/products/{id}"
    assert span.attributes["merx.request.id"] == answer.headers["x-request-id"]
    assert {one.name for one in statements} == {"SELECT"}
    texts = [(one.attributes or {})["db.statement"] for one in statements]
    assert any('"product"' in str(text) or " product" in str(text) for text in texts)
    # Values may be private data of customers.
    assert all("prod_none" not in str(one.attributes) for one in statements)


async def test_load_balancers_are_not_traced(
    admin: httpx.AsyncClient, exporter: InMemorySpanExporter
) -> None:
    await admin.get("/health")
    await admin.get("/ready")

    assert [one.name for one in exporter.get_finished_spans() if one.kind is SpanKind.SERVER] == []


async def test_what_a_provider_is_asked_is_a_span(
    admin: httpx.AsyncClient, exporter: InMemorySpanExporter
) -> None:
    answer = await admin.post("/admin/uploads", files={"files": ("a.txt", b"hello", "text/plain")})

    assert answer.status_code == 200, answer.text
    _, below = within(exporter, "POST /admin/uploads")
    assert [one.name for one in below if one.name.startswith("file ")] == ["file write"]


class Shelf:
    """An engine that finds nothing."""

    id = "shelf"

    def can(self, wanted: object) -> bool:
        return wanted is not None

    async def match(self, wanted: object) -> str:
        return f"nothing for {wanted}"

    async def write(self, documents: object) -> None: ...
    async def remove(self, ids: object) -> None: ...
    async def empty(self) -> None: ...
    async def count(self) -> int:
        raise OSError("away")


async def test_a_provider_that_is_traced_is_what_it_was(exporter: InMemorySpanExporter) -> None:
    shelf = traced(Shelf(), "search")

    assert isinstance(shelf, SearchEngine)
    assert shelf.id == "shelf"
    assert shelf.can("x") is True  # type: ignore[arg-type]
    assert await shelf.match("x") == "nothing for x"  # type: ignore[arg-type]
    with pytest.raises(OSError, match="away"):
        await shelf.count()
    matched, counted = exporter.get_finished_spans()
    assert (matched.name, matched.status.is_ok) == ("search match", True)
    assert matched.attributes == {"merx.provider": "shelf"}
    assert (counted.name, counted.status.is_ok) == ("search count", False)


@pytest.mark.commits
async def test_a_delivered_event_is_a_trace_and_questions_for_events_are_none(
    exporter: InMemorySpanExporter, database: Database
) -> None:
    handled = asyncio.Event()

    async def handle(event: Event, asked: Database) -> None:
        async with asked.read() as connection:
            await connection.fetch("SELECT id FROM event WHERE id = $1", event.id)
        handled.set()

    relay = Relay(database, [Subscriber("mirror", ("trial.made",), handle)])
    running = asyncio.create_task(relay.run())
    async with database.write() as tx:
        await emit(tx, "trial.made", ["x_1"])
    async with asyncio.timeout(10):
        await handled.wait()
    relay.stop()
    await running

    span, below = within(exporter, "event trial.made")
    assert (span.attributes or {})["event.subscriber"] == "mirror"
    assert [one.name for one in below] == ["SELECT"]
    assert {one.name for one in exporter.get_finished_spans() if one.parent is None} == {span.name}


@pytest.mark.commits
async def test_a_delivered_event_belongs_to_the_trace_that_caused_it(
    exporter: InMemorySpanExporter, database: Database
) -> None:
    handled = asyncio.Event()

    async def handle(_: Event, __: Database) -> None:
        handled.set()

    with span("request"):
        async with database.write() as tx:
            await emit(tx, "trial.made", ["x_1"])
    relay = Relay(database, [Subscriber("mirror", ("trial.made",), handle)])
    running = asyncio.create_task(relay.run())
    async with asyncio.timeout(10):
        await handled.wait()
    relay.stop()
    await running

    request, below = within(exporter, "request")
    assert "event trial.made" in [one.name for one in below]
    assert {one.context.trace_id for one in exporter.get_finished_spans()} == {
        request.context.trace_id
    }


async def test_every_way_to_write_an_event_names_the_request(
    admin: httpx.AsyncClient, exporter: InMemorySpanExporter, tx: Transaction
) -> None:
    made = await admin.post("/admin/product-tags", json={"value": "linen"})
    product = {"title": "Shirt", "options": [{"title": "Size", "values": ["S"]}]}
    variant = {"title": "S", "options": {"Size": "S"}, "prices": []}
    more = await admin.post("/admin/products", json={**product, "variants": [variant]})
    mailed = await admin.post(
        "/auth/user/emailpass/reset-password", json={"identifier": "admin@shop.test"}
    )

    assert (made.status_code, more.status_code, mailed.status_code) == (200, 200, 201)
    names = {
        row["name"]: row["trace_parent"]
        for row in await tx.fetch("SELECT name, trace_parent FROM event")
    }
    tags, _ = within(exporter, "POST /admin/product-tags")
    assert names["product-tag.created"].split("-")[1:3] == [
        f"{tags.context.trace_id:032x}",
        f"{tags.context.span_id:016x}",
    ]
    assert {"product.created", "product-variant.created", "mail.requested"} <= names.keys()
    assert None not in names.values()


@pytest.mark.commits
async def test_a_job_is_a_trace(exporter: InMemorySpanExporter, database: Database) -> None:
    done = asyncio.Event()

    async def run(_: Database) -> None:
        done.set()

    async with run_jobs(database, [Job("trial", timedelta(hours=1), run)]):
        async with asyncio.timeout(10):
            await done.wait()

    assert "job trial" in [one.name for one in exporter.get_finished_spans()]
