"""/admin/search-indexes: the index of products, if MERX_SEARCH is on; and /admin/index.

A trigger updates the index with each change, so it has to be rebuilt only after it was emptied, or
on an operator's request. The reference's other index, that of its `/admin/index`, copies its
modules' tables to where they can be joined. Merx reads the tables themselves: there is nothing to
synchronise.
"""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from pydantic import Field

from merx.core.clock import parse_time
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound, Unavailable
from merx.core.kinds import Input, one_of
from merx.modules.product import search_index
from merx.modules.product.search_documents import count_pending, request_rewrite
from merx.providers.search import SearchEngine, Searches, SearchUnavailable
from merx.web.answers import answers, answers_deleted
from merx.web.router import Router
from merx.web.transactions import Read, Write

_INDEX = "product"


class Reindex(Input):
    """`swap` and `in_place` do the same: the index is rebuilt in one transaction."""

    since: str | None = None
    filters: dict[str, Any] = Field(default_factory=dict)
    strategy: Annotated[Literal["swap", "in_place"], one_of("swap", "in_place")] = "swap"


class Sync(Input):
    strategy: Annotated[Literal["full", "reset"], one_of("full", "reset")] = "full"


router = Router(prefix="/search-indexes", tags=["search indexes"])
index = Router(prefix="/index", tags=["index"])


async def _indexes(request: Request) -> list[str]:
    return [_INDEX] if request.app.state.settings.search else []


Indexes = Annotated[list[str], Depends(_indexes)]


@router.get("", openapi_extra=answers(search_indexes=list[dict[str, Any]], enabled=bool))
async def list_search_indexes(request: Request, indexes: Indexes, tx: Read) -> dict[str, object]:
    """List the indexes that /store/search can use."""
    searches: Searches = request.app.state.search
    shown = [await _shown(tx, name, searches.engine) for name in indexes]
    return {"search_indexes": shown, "enabled": True}


@router.delete("/{id}", openapi_extra=answers_deleted("search_index"))
async def delete_search_index(
    id: str, request: Request, indexes: Indexes, tx: Write
) -> dict[str, object]:
    """Empty an index: nothing is found until it is rebuilt."""
    _check(id, indexes)
    searches: Searches = request.app.state.search
    if searches.engine is None:
        await search_index.empty(tx)
    else:
        await _asked(searches.engine.empty())
    return {"id": id, "object": "search_index", "deleted": True}


@router.post("/{id}/reindex", openapi_extra=answers(search_index=dict[str, Any]))
async def reindex(
    id: str, request: Request, body: Reindex, indexes: Indexes, tx: Write
) -> dict[str, object]:
    """Rebuild an index, for all products or those changed since a time.

    A search engine's index is rebuilt in the background; `pending` counts what is left.
    """
    _check(id, indexes)
    if body.filters:
        raise InvalidData("Invalid request: An index is rebuilt completely or `since` a time")
    engine = request.app.state.search.engine
    write = search_index.rebuild if engine is None else request_rewrite
    await write(tx, _time(body.since))
    return {"search_index": await _shown(tx, id, engine)}


@index.get("/details", openapi_extra=answers(metadata=list[dict[str, Any]]))
async def get_index_details() -> dict[str, list[object]]:
    """Always empty: there are no copied tables that could be out of date."""
    return {"metadata": []}


@index.post("/sync", openapi_extra=answers())
async def sync_index(body: Sync) -> dict[str, object]:
    """Does nothing: there is nothing to synchronise."""
    return {}


def _time(since: str | None) -> datetime | None:
    if since is None:
        return None
    moment = parse_time(since)
    if moment is None:
        raise InvalidData(f"Invalid request: Field 'since': '{since}' is not a date or time")
    return moment


async def _shown(tx: Transaction, name: str, engine: SearchEngine | None) -> dict[str, object]:
    if engine is None:
        return {"id": name, "entity": name, "count": await search_index.count(tx)}
    pending = await count_pending(tx)
    try:
        count = await engine.count()
    except SearchUnavailable:
        count = None
    return {"id": name, "entity": name, "count": count, "engine": engine.id, "pending": pending}


async def _asked(work: Awaitable[None]) -> None:
    try:
        await work
    except SearchUnavailable as error:
        raise Unavailable("The search engine does not answer") from error


def _check(name: str, indexes: list[str]) -> None:
    if name not in indexes:
        registered = ", ".join(indexes) or "(none)"
        raise NotFound(f'No search index registered for "{name}". Registered indexes: {registered}')
