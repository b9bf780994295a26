"""Reads of a resource: one row, given rows or a page, as JSON bytes or whole answers."""

from collections.abc import Iterable
from dataclasses import replace

import orjson
from fastapi import Request, Response

from merx.core.database import Transaction
from merx.links import GRAPH
from merx.query.conditions import Condition
from merx.query.plan import Plan
from merx.query.run import Page, read_extended_page, read_given, read_one
from merx.web.attempts import attempts
from merx.web.cursors import write_cursor
from merx.web.queries import AFTER, PageQuery, ReadQuery, list_query, read_query
from merx.web.resource import Resource


async def find_one(
    tx: Transaction,
    resource: Resource,
    row_id: str,
    query: ReadQuery,
    condition: Condition | None = None,
) -> bytes:
    """The row as JSON bytes; NotFound if it does not exist."""
    selection = resource.selection(query.fields, query.shape)
    plan = Plan(selection, condition, context=dict(query.context))
    row = await read_one(tx, GRAPH, plan, row_id)
    if row is None:
        raise resource.not_found(row_id)
    _note(plan, [row_id], b"[%s]" % row)
    return without_nulls(row, resource.omits)


def _note(plan: Plan, ids: list[str], rows: bytes) -> None:
    """Let a dry run read the rows again after its rollback."""
    attempt = attempts.get()
    if attempt is not None:
        kept = replace(plan, condition=None)
        attempt.note(rows, lambda tx: read_given(tx, GRAPH, kept, ids))


async def note_rows(tx: Transaction, resource: Resource, ids: Iterable[str], fields: str) -> None:
    """Let a dry run report rows that the answer does not show."""
    attempt = attempts.get()
    if attempt is not None and attempt.shows_changes:
        await find_given(tx, resource, list(dict.fromkeys(ids)), ReadQuery(fields, {}))


def without_nulls(row: bytes, names: tuple[str, ...]) -> bytes:
    """The JSON of a read without these keys where they are null.

    PostgreSQL writes our keys without blanks and metadata with them, so free keys are untouched;
    inside texts, quotes are escaped. The row's key comes first, so every other key follows a comma.
    """
    for name in names:
        row = row.replace(b',"%s":null' % name.encode(), b"")
    return row


async def find_given(
    tx: Transaction, resource: Resource, ids: list[str], query: ReadQuery
) -> bytes:
    """The rows of the ids as a JSON list, in their order."""
    plan = Plan(resource.selection(query.fields, query.shape), context=dict(query.context))
    rows = await read_given(tx, GRAPH, plan, ids)
    _note(plan, ids, rows)
    return rows


async def answer_one(
    tx: Transaction,
    resource: Resource,
    row_id: str,
    request: Request,
    condition: Condition | None = None,
) -> Response:
    """`{singular: row}`."""
    row = await find_one(tx, resource, row_id, read_query(request, resource), condition)
    return wrap(**{resource.singular: row})


async def answer_page(
    tx: Transaction, resource: Resource, request: Request, condition: Condition | None = None
) -> Response:
    """`{plural: rows, count, offset, limit}` for the request's filters, order and page."""
    page = list_query(request, resource, condition)
    found = await read_extended_page(tx, GRAPH, page.plan, limit=page.limit, offset=page.offset)
    return wrap_page(resource, found, page)


def wrap_page(resource: Resource, found: Page, page: PageQuery) -> Response:
    """`{plural: rows, count, offset, limit}`, with the cursor and the facets if asked for.

    A list that began at a cursor has no offset.
    """
    plan, more = page.plan, dict[str, object]()
    if plan.facets:
        more["facets"] = found.facets
    if plan.after is None:
        more["offset"] = page.offset
    else:
        more[AFTER] = write_cursor(plan, found.last)
    more["limit"] = page.limit
    return wrap(**{resource.plural: found.rows}, count=found.count, **more)


def wrap(**parts: bytes | object) -> Response:
    """A JSON object of parts; finished bytes are inserted as they are."""
    pieces = [
        b'"%s":%s' % (name.encode(), part if isinstance(part, bytes) else orjson.dumps(part))
        for name, part in parts.items()
    ]
    return Response(b"{%s}" % b",".join(pieces), media_type="application/json")
