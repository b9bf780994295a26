"""/admin/layouts: view layouts of the dashboard, per user and shared."""

from dataclasses import replace
from typing import Any, Literal

import orjson
from fastapi import Request, Response

from merx.access.admin import Admin
from merx.core.database import Transaction
from merx.links import GRAPH
from merx.modules.layout.schemas import ArrangeLayout
from merx.modules.layout.service import put_layout, remove_layout
from merx.query.conditions import Compare, Either, Every
from merx.query.plan import Plan
from merx.query.run import read_page
from merx.web.answers import answers
from merx.web.filters import boolean, texts
from merx.web.reads import answer_page, wrap
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read, Write

LAYOUT = Resource(
    "layout_configuration",
    "layout_configuration",
    "layout_configurations",
    "id, zone, user_id, is_system_default, configuration, created_at, updated_at",
    {
        "id": texts("id"),
        "zone": texts("zone"),
        "user_id": texts("user_id"),
        "is_system_default": boolean("is_system_default"),
    },
    limit=20,
    searchable=False,
)
_WHOLE = replace(LAYOUT, fields="*, is_active")

router = Router(prefix="/layouts", tags=["layouts"])


_ZONE = answers(
    personal_configuration=dict[str, Any] | None,
    default_configuration=dict[str, Any] | None,
    active_scope=Literal["personal", "default"],
)


@router.get("/configurations", openapi_extra=LAYOUT.page_parameters)
async def list_layouts(request: Request, tx: Read) -> Response:
    """List all layouts, of users and shared ones."""
    return await answer_page(tx, LAYOUT, request)


@router.get("/{zone}/configuration", openapi_extra=_ZONE)
async def get_layout(zone: str, actor: Admin, tx: Read) -> Response:
    """Get a zone's layouts, the caller's and the shared one, and which of them is active."""
    return await _answer(tx, zone, actor.id)


@router.post("/{zone}/configuration", openapi_extra=_ZONE)
async def arrange_layout(zone: str, body: ArrangeLayout, actor: Admin, tx: Write) -> Response:
    """Save the caller's layout of a zone, or with `is_default` the shared one."""
    configuration = body.configuration.model_dump(exclude_unset=True)
    await put_layout(tx, zone, actor.id, configuration, for_all=body.is_default)
    return await _answer(tx, zone, actor.id)


@router.delete("/{zone}/configuration", openapi_extra=answers(success=bool))
async def reset_layout(zone: str, actor: Admin, tx: Write) -> dict[str, bool]:
    """Delete the caller's layout; the shared one stays."""
    await remove_layout(tx, zone, actor.id)
    return {"success": True}


async def _answer(tx: Transaction, zone: str, caller: str) -> Response:
    own = Compare(("user_id",), "=", caller)
    of_all = Compare(("user_id",), "IS NULL")
    condition = Every((Compare(("zone",), "=", zone), Either((own, of_all))))
    plan = Plan(_WHOLE.selection(None), condition)
    rows, _ = await read_page(tx, GRAPH, plan, limit=2, offset=0)
    found: dict[bool, dict[str, Any]] = {
        row["is_system_default"]: row for row in orjson.loads(rows)
    }
    in_force = {is_default: row.pop("is_active") for is_default, row in found.items()}
    return wrap(
        personal_configuration=found.get(False),
        default_configuration=found.get(True),
        active_scope="personal" if in_force.get(False) else "default",
    )
