"""/admin/api-keys: keys for programs (secret) and for storefronts (publishable)."""

from datetime import timedelta
from decimal import Decimal

import orjson
from fastapi import Request, Response

from merx.access.admin import Admin
from merx.modules.api_key.models import ApiKey
from merx.modules.api_key.schemas import CreateApiKey, RevokeApiKey, UpdateApiKey
from merx.modules.api_key.service import (
    KEY_TYPES,
    create_api_key,
    delete_api_keys,
    revoke_api_key,
)
from merx.outbox import emit
from merx.web.bodies import check_rows
from merx.web.crud import Members, Writes, plain_router
from merx.web.filters import choice, texts, times
from merx.web.queries import ReadQuery, read_query
from merx.web.reads import answer_one, find_one, wrap
from merx.web.resource import Resource
from merx.web.transactions import Write
from merx.workflows.people.api_keys import change_channels_of_key

# A century: a later time is a mistake, and may be beyond the range of a timestamp.
_LONGEST = Decimal(100 * 365 * 24 * 3600)
_SHOWN_ONCE = (
    "id,token,redacted,title,type,last_used_at,created_by,revoked_by,revoked_at,"
    "created_at,updated_at,deleted_at"
)

API_KEY = Resource(
    "api_key",
    "api_key",
    "api_keys",
    "id, title, token, redacted, type, last_used_at, updated_at, created_at, created_by,"
    " revoked_at, revoked_by, sales_channels.id, sales_channels.name",
    {
        "id": texts("id"),
        "title": texts("title"),
        "token": texts("token"),
        "type": choice("type", KEY_TYPES),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
        "revoked_at": times("revoked_at"),
    },
    missing="API Key with id: {id} was not found",
)

router = plain_router("/api-keys", API_KEY, Writes(ApiKey.__table__, "apk", update=UpdateApiKey))


@router.post("", openapi_extra=API_KEY.parameters)
async def create_key(request: Request, body: CreateApiKey, actor: Admin, tx: Write) -> Response:
    """Create a key. Only this answer shows the token of a secret key."""
    read_query(request, API_KEY)
    key_id, token = await create_api_key(
        tx, title=body.title, key_type=body.type, created_by=actor.id
    )
    await emit(tx, "api-key.created", [key_id])
    row = await find_one(tx, API_KEY, key_id, ReadQuery(_SHOWN_ONCE, {}))
    answer = wrap(api_key={**orjson.loads(row), "token": token})
    answer.headers["cache-control"] = "no-store"
    return answer


@router.post("/{id}/revoke", openapi_extra=API_KEY.parameters)
async def revoke_key(
    id: str, request: Request, body: RevokeApiKey, actor: Admin, tx: Write
) -> Response:
    """Revoke a key for good, at once or after some seconds."""
    after = timedelta(seconds=float(min(max(body.revoke_in, Decimal(0)), _LONGEST)))
    if not await revoke_api_key(tx, id, by=actor.id, after=after):
        raise API_KEY.not_found(id)
    await emit(tx, "api-key.revoked", [id])
    return await answer_one(tx, API_KEY, id, request)


@router.post("/{id}/sales-channels", openapi_extra=API_KEY.parameters)
async def change_channels(id: str, request: Request, body: Members, tx: Write) -> Response:
    """Add sales channels to a publishable key and remove them."""
    check_rows(request, len(body.add), len(body.remove))
    unknown = API_KEY.not_found(id)
    await change_channels_of_key(tx, id, add=body.add, remove=body.remove, unknown=unknown)
    return await answer_one(tx, API_KEY, id, request)


@router.delete("/{id}", openapi_extra=API_KEY.deletion)
async def delete_key(id: str, tx: Write) -> dict[str, object]:
    """Delete a revoked key; deleting an id that does not exist succeeds."""
    await emit(tx, "api-key.deleted", await delete_api_keys(tx, [id]))
    return API_KEY.deleted(id)
