"""/admin/webhooks: URLs that receive events, and the deliveries to them."""

import orjson
from fastapi import Request, Response

from merx.core.database import Transaction
from merx.core.errors import NotAllowed, NotFound
from merx.modules.webhook.deliveries import add_ping, replay_delivery, replay_events
from merx.modules.webhook.endpoints import (
    create_webhook,
    delete_webhook,
    rotate_secret,
    update_webhook,
)
from merx.modules.webhook.schemas import CreateWebhook, ReplayEvents, UpdateWebhook
from merx.providers.public_web import Networks, check_url
from merx.query.conditions import Compare
from merx.web.answers import answers
from merx.web.crud import plain_router
from merx.web.filters import boolean, choice, numbers, texts, times
from merx.web.queries import ReadQuery, read_query
from merx.web.reads import answer_one, answer_page, find_one, wrap
from merx.web.resource import Resource
from merx.web.transactions import Read, Write

_FIELDS = (
    "id, url, events, description, enabled, disabled_reason, failures, due_at, created_at,"
    " updated_at"
)
WEBHOOK = Resource(
    "webhook",
    "webhook",
    "webhooks",
    _FIELDS,
    {
        "id": texts("id"),
        "url": texts("url"),
        "enabled": boolean("enabled"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
    },
    missing="Webhook with id: {id} was not found",
)
DELIVERY = Resource(
    "webhook_delivery",
    "delivery",
    "deliveries",
    "id, webhook_id, event_id, event, ids, happened_at, state, attempts, attempted_at,"
    " duration_ms, status, answer, error, created_at, updated_at",
    {
        "id": texts("id"),
        "event_id": texts("event_id"),
        "event": texts("event"),
        "state": choice("state", ("pending", "done", "failed")),
        "status": numbers("status"),
        "created_at": times("created_at"),
    },
    limit=50,
    order="-event_id",
    missing="Delivery with id: {id} was not found",
)

router = plain_router("/webhooks", WEBHOOK)


@router.post("", openapi_extra=WEBHOOK.parameters)
async def create(request: Request, body: CreateWebhook, tx: Write) -> Response:
    """Create a webhook. Only this answer shows its secret."""
    read_query(request, WEBHOOK)
    check_url(body.url, _networks(request), field="url")
    webhook_id, secret = await create_webhook(tx, body.model_dump(exclude_unset=True))
    return await _with_secret(tx, webhook_id, secret)


@router.post("/{id}", openapi_extra=WEBHOOK.parameters)
async def update(id: str, request: Request, body: UpdateWebhook, tx: Write) -> Response:
    """Change a webhook; enabling it resets its failures."""
    if "url" in body.model_fields_set:
        check_url(body.url, _networks(request), field="url")
    if not await update_webhook(tx, id, body):
        raise WEBHOOK.not_found(id)
    return await answer_one(tx, WEBHOOK, id, request)


@router.delete("/{id}", openapi_extra=WEBHOOK.deletion)
async def delete(id: str, tx: Write) -> dict[str, object]:
    """Delete a webhook: waiting deliveries are not sent."""
    await delete_webhook(tx, id)
    return WEBHOOK.deleted(id)


@router.post("/{id}/rotate-secret", openapi_extra=answers(webhook=WEBHOOK))
async def rotate(id: str, tx: Write) -> Response:
    """Create a new secret; the old one keeps signing for a day."""
    secret = await rotate_secret(tx, id)
    if secret is None:
        raise WEBHOOK.not_found(id)
    return await _with_secret(tx, id, secret)


@router.post("/{id}/ping", openapi_extra=answers(delivery=DELIVERY))
async def ping(id: str, tx: Write) -> Response:
    """Send a test event; the delivery reports the result."""
    await _check_enabled(tx, id)
    delivery_id = await add_ping(tx, id)
    return wrap(delivery=await find_one(tx, DELIVERY, delivery_id, ReadQuery(None, {})))


@router.post("/{id}/replay", openapi_extra=answers(replayed=int, cursor=str, has_more=bool))
async def replay(id: str, body: ReplayEvents, tx: Write) -> dict[str, object]:
    """Send stored events after a position again."""
    await _check_enabled(tx, id)
    done = await replay_events(tx, id, after=body.after)
    return {"replayed": done.count, "cursor": done.cursor, "has_more": not done.is_whole}


@router.get("/{id}/deliveries", openapi_extra=DELIVERY.page_parameters)
async def list_deliveries(id: str, request: Request, tx: Read) -> Response:
    """List sent and waiting deliveries, newest event first."""
    return await answer_page(tx, DELIVERY, request, Compare(("webhook_id",), "=", id))


@router.get("/{id}/deliveries/{delivery_id}", openapi_extra=DELIVERY.parameters)
async def get_delivery(id: str, delivery_id: str, request: Request, tx: Read) -> Response:
    """Get a delivery."""
    own = Compare(("webhook_id",), "=", id)
    return await answer_one(tx, DELIVERY, delivery_id, request, own)


@router.post("/{id}/deliveries/{delivery_id}/replay", openapi_extra=answers(delivery=DELIVERY))
async def replay_one(id: str, delivery_id: str, tx: Write) -> Response:
    """Send a delivery again, under the same id."""
    await _check_enabled(tx, id)
    if not await replay_delivery(tx, id, delivery_id):
        raise NotFound(f"Delivery with id: {delivery_id} was not found")
    return wrap(delivery=await find_one(tx, DELIVERY, delivery_id, ReadQuery(None, {})))


async def _with_secret(tx: Transaction, webhook_id: str, secret: str) -> Response:
    row = await find_one(tx, WEBHOOK, webhook_id, ReadQuery(None, {}))
    answer = wrap(webhook={**orjson.loads(row), "secret": secret})
    answer.headers["cache-control"] = "no-store"
    return answer


async def _check_enabled(tx: Transaction, webhook_id: str) -> None:
    """Refuse to queue anything for a disabled webhook, where it would wait unnoticed."""
    row = orjson.loads(await find_one(tx, WEBHOOK, webhook_id, ReadQuery("enabled", {})))
    if not row["enabled"]:
        raise NotAllowed(f"Webhook with id: {webhook_id} is disabled")


def _networks(request: Request) -> Networks:
    return Networks(request.app.state.settings.webhook_networks)
