"""Requested exports: one file and one notification each, however often the work is started."""

import secrets
import time
from dataclasses import dataclass

from merx.batch import Insert, insert_all, insert_rows
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.core.shapes import Json
from merx.links import GRAPH
from merx.modules.export.models import Export
from merx.modules.notification.models import Notification
from merx.outbox import emit
from merx.query.plan import Plan
from merx.query.run import read_page


@dataclass(frozen=True, slots=True)
class RequestedExport:
    """A requested export: the text of the request's query, and the file it is written to."""

    id: str
    query: str
    file_key: str
    file_name: str


def requested(kind: str) -> str:
    """The event for requested exports of a kind."""
    return f"{kind}.export-requested"


async def request_export(tx: Transaction, kind: str, query: str, plan: Plan, *, name: str) -> str:
    """Request a file of `kind`, to be written after the request; returns the id of the export.

    One row of it is read right away, so that a filter PostgreSQL refuses is reported to the caller.
    Whoever knows the key of the file can read it, so it cannot be guessed.
    """
    await read_page(tx, GRAPH, plan, limit=1, offset=0)
    export_id = new_id("auto").replace("_", "-")
    file_name = f"{time.time_ns() // 1_000_000}-{name}"
    row = {
        "id": export_id,
        "kind": kind,
        "query": query,
        "file_key": f"private-{secrets.token_hex(16)}-{file_name}",
        "file_name": file_name,
        "created_by": acting.get(),
    }
    await insert_rows(tx, Export.__table__, [row])
    await emit(tx, requested(kind), [export_id])
    return export_id


async def find_exports(tx: Transaction, ids: list[str]) -> list[RequestedExport]:
    """The exports with the ids."""
    records = await tx.fetch(
        "SELECT id, query, file_key, file_name FROM export WHERE id = ANY($1::text[]) ORDER BY id",
        ids,
    )
    return [RequestedExport(*record) for record in records]


async def tell_of_export(tx: Transaction, asked: RequestedExport, title: str, *, url: str) -> None:
    """Notify the admins that the file is ready; at most once."""
    file = {"url": url, "filename": asked.file_name, "mimeType": "text/csv"}
    await tell(
        tx, asked.id, title, {"file": file, "description": f"{title} completed successfully!"}
    )


async def tell_of_failure(tx: Transaction, asked: RequestedExport, title: str) -> None:
    """Notify the admins that the file could not be written so far; at most once."""
    words = f"{title} failed and will be retried; see the server's log"
    await tell(tx, f"{asked.id} failed", title, {"description": words})


async def tell(tx: Transaction, key: str, title: str, data: Json) -> None:
    """Add a notification to the admins' feed, at most once for each key."""
    row = {
        "id": new_id("noti"),
        "to": "",
        "channel": "feed",
        "template": "admin-ui",
        "data": {"title": title, **data},
        "provider_id": "local",
        "status": "success",
        "idempotency_key": key,
    }
    await insert_all(tx, Insert(Notification.__table__, [row], skip_conflicts=True))
