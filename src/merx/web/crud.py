"""The plain routes of a resource, built from its declaration, its table and its bodies.

Only what every plain resource needs, without hooks: a route that does more is an ordinary function
beside it, and is left out of the declared writes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from pydantic import Field
from sqlalchemy import FromClause

from merx.batch import insert_rows, patch_row, soft_delete_rows
from merx.core.errors import NotFound
from merx.core.ids import new_id
from merx.core.kinds import Input
from merx.core.shapes import Json
from merx.outbox import emit
from merx.web.answers import Described
from merx.web.reads import answer_one, answer_page
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read, Write


@dataclass(frozen=True, slots=True)
class Writes:
    """The plain writes of a resource: its table, the prefix of its ids, and its bodies.

    A write without a body here, or a deletion without `delete`, is not plain. `unknown` is the
    message of an update that finds no row, if it differs from that of a read.
    """

    table: FromClause
    prefix: str
    create: type[Input] | None = None
    update: type[Input] | None = None
    delete: bool = False
    unknown: str = ""


class Members(Input):
    """What is added to a group and removed from it: products of a sales channel, channels of a
    location.
    """

    add: list[str] = Field(default_factory=list[str])
    remove: list[str] = Field(default_factory=list[str])


def plain_router(
    path: str, resource: Resource, writes: Writes | None = None, *, listed: Resource | None = None
) -> Router:
    """A router with list and get, and the plain writes; `listed` if lists show less.

    Each write emits `<entity>.created`, `.updated` or `.deleted`. Deletion is soft, and deleting an
    id that does not exist succeeds.
    """
    tag = resource.plural.replace("_", " ")
    router = Router(prefix=path, tags=[tag])
    _add_reads(router, resource, listed or resource)
    if writes and writes.create:
        _add_create(router, resource, writes, writes.create)
    if writes and writes.update:
        _add_update(router, resource, writes, writes.update)
    if writes and writes.delete:
        _add_delete(router, resource, writes)
    return router


def _add_reads(router: Router, resource: Resource, listed: Resource) -> None:
    async def list_rows(request: Request, tx: Read) -> Response:
        return await answer_page(tx, listed, request)

    async def get_row(id: str, request: Request, tx: Read) -> Response:
        return await answer_one(tx, resource, id, request)

    _add(router, "GET", "", list_rows, listed.page_parameters, f"List {resource.plural}")
    _add(router, "GET", "/{id}", get_row, resource.parameters, f"Get {resource.singular}")


def _add_create(router: Router, resource: Resource, writes: Writes, schema: type[Input]) -> None:
    async def create_row(request: Request, body: Input, tx: Write) -> Response:
        row_id = new_id(writes.prefix)
        row = {"id": row_id, **body.model_dump(exclude_unset=True)}
        await insert_rows(tx, writes.table, [row])
        await emit(tx, _event(resource, "created"), [row_id])
        return await answer_one(tx, resource, row_id, request)

    create_row.__annotations__["body"] = schema
    _add(router, "POST", "", create_row, resource.parameters, f"Create {resource.singular}")


def _add_update(router: Router, resource: Resource, writes: Writes, schema: type[Input]) -> None:
    async def update_row(id: str, request: Request, body: Input, tx: Write) -> Response:
        if not await patch_row(tx, writes.table, id, body.model_dump(exclude_unset=True)):
            unknown = writes.unknown.format(id=id)
            raise NotFound(unknown) if unknown else resource.not_found(id)
        await emit(tx, _event(resource, "updated"), [id])
        return await answer_one(tx, resource, id, request)

    update_row.__annotations__["body"] = schema
    _add(router, "POST", "/{id}", update_row, resource.parameters, f"Update {resource.singular}")


def _add_delete(router: Router, resource: Resource, writes: Writes) -> None:
    async def delete_row(id: str, tx: Write) -> Json:
        deleted = await soft_delete_rows(tx, writes.table, [id])
        await emit(tx, _event(resource, "deleted"), deleted)
        return resource.deleted(id)

    _add(router, "DELETE", "/{id}", delete_row, resource.deletion, f"Delete {resource.singular}")


def _event(resource: Resource, what: str) -> str:
    return f"{resource.entity.replace('_', '-')}.{what}"


def _add(
    router: Router,
    method: str,
    path: str,
    route: Callable[..., Any],
    parameters: Described,
    summary: str,
) -> None:
    """Register a route under the summary used by the docs page and the operation id."""
    name = summary.lower().replace(" ", "_")
    router.add_api_route(
        path,
        route,
        methods=[method],
        name=name,
        summary=summary.replace("_", " "),
        openapi_extra=parameters,
    )
