"""Hand goods over: the provider is asked outside any transaction, then the fulfillment is written.

What an outside provider is asked is a row before it is asked, with the fulfillment's id as the key,
and gets its answer in the transaction that writes the fulfillment. If that fails, the provider is
told to give the handover up. One that a crash cut off stays `requested`: `settle_requests` gives it
up, too, and `merx doctor` names it.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import structlog

from merx.batch import insert_rows, lock_rows
from merx.core.database import Database, Transaction
from merx.core.errors import InvalidData, NotFound, TooSlow
from merx.modules.fulfillment.fulfillment_models import FulfillmentRequest
from merx.modules.fulfillment.fulfillments import (
    NewFulfillment,
    check_cancelable,
    insert_fulfillments,
    no_such_fulfillment,
)
from merx.modules.fulfillment.fulfillments import NewLabel as _NewLabel
from merx.modules.stock_location.models import StockLocation
from merx.providers.fulfillment import (
    Accepted,
    Data,
    DeliveryRefused,
    Destination,
    FulfillmentProvider,
    Goods,
    Handover,
)

Providers = Mapping[str, FulfillmentProvider]

_log = structlog.get_logger()

_ANSWER = """UPDATE fulfillment_request SET state = $3, answer = $4, updated_at = now()
WHERE fulfillment_id = $1 AND action = $2"""
_REQUEST = """INSERT INTO fulfillment_request (fulfillment_id, action, provider_id, asked)
VALUES ($1, 'cancel', $2, $3)
ON CONFLICT (fulfillment_id, action) DO UPDATE SET state = 'requested', updated_at = now()"""
_OPTION_DATA = "SELECT data FROM shipping_option WHERE id = $1"
_TO_CANCEL = """SELECT provider_id, data, shipped_at, delivered_at, canceled_at FROM fulfillment
WHERE id = $1 AND deleted_at IS NULL"""
_OPEN = """SELECT fulfillment_id, provider_id FROM fulfillment_request
WHERE state = 'requested' AND action IN ('create', 'create_return')
  AND created_at < now() - make_interval(secs => $1)
ORDER BY created_at LIMIT 100"""


@dataclass(frozen=True, slots=True)
class Handed:
    """Goods that the provider has taken, to be written as a fulfillment."""

    fulfillment: NewFulfillment
    action: str
    is_local: bool


@asynccontextmanager
async def handed_over(
    database: Database,
    providers: Providers,
    wanted: NewFulfillment,
    *,
    order_id: str | None = None,
    is_return: bool = False,
) -> AsyncGenerator[Handed]:
    """Ask the provider to take the goods; the block writes them in one transaction.

    `write_fulfillment` belongs into that transaction. If the block fails, the handover is given
    up. Raises InvalidData with the provider's words if it refuses, TooSlow if it does not answer.
    """
    provider = providers.get(wanted.provider_id)
    action = "create_return" if is_return else "create"
    if provider is None:
        # The foreign key of the provider has the words, or it only keeps the books.
        yield Handed(wanted, action, is_local=True)
        return
    async with database.read() as tx:
        option: Data = (await tx.fetchval(_OPTION_DATA, wanted.shipping_option_id)) or {}
    handover = _handover(wanted, option, order_id)
    accepted = await _ask(database, provider, handover, action)
    labels = [_NewLabel(one.tracking_number, one.tracking_url, one.label_url)
              for one in accepted.labels]  # fmt: skip
    taken = replace(wanted, data={**wanted.data, **accepted.data}, labels=[*wanted.labels, *labels])
    try:
        yield Handed(taken, action, provider.is_local)
    except BaseException:
        if not provider.is_local:
            await _give_up(database, provider, wanted.id, action, accepted.data)
        raise


async def write_fulfillment(tx: Transaction, handed: Handed) -> str:
    """Write the fulfillment, and that the provider has answered; its id."""
    new = handed.fulfillment
    if not await lock_rows(tx, StockLocation.__table__, [new.location_id], shared=True):
        raise NotFound(f"StockLocation id not found: {new.location_id}")
    await insert_fulfillments(tx, [new])
    if not handed.is_local:
        await tx.execute(_ANSWER, new.id, handed.action, "done", dict(new.data))
    return new.id


async def ask_to_cancel(database: Database, providers: Providers, fulfillment_id: str) -> None:
    """Tell the provider to give a fulfillment up, before it is canceled here.

    Whoever asks again asks the same. NotFound without the fulfillment, InvalidData if it is shipped
    or delivered.
    """
    async with database.read() as tx:
        present = await tx.fetchrow(_TO_CANCEL, fulfillment_id)
    if present is None:
        raise no_such_fulfillment(fulfillment_id)
    if present["canceled_at"] is not None:
        return
    check_cancelable(fulfillment_id, present["shipped_at"], present["delivered_at"])
    provider = providers.get(present["provider_id"] or "")
    data: dict[str, Any] = present["data"] or {}
    if provider is None:
        return
    if not provider.is_local:
        async with database.write() as tx:
            await tx.execute(_REQUEST, fulfillment_id, provider.id, data)
    state = "done"
    try:
        await provider.cancel_fulfillment(fulfillment_id, data)
    except DeliveryRefused as error:
        state = "failed"
        raise InvalidData(str(error)) from error
    except Exception as error:
        state = "requested"
        raise _no_answer(provider) from error
    finally:
        if not provider.is_local:
            async with database.write() as tx:
                await tx.execute(_ANSWER, fulfillment_id, "cancel", state, None)


async def settle_requests(
    database: Database, providers: Providers, *, older_than: float = 300
) -> list[str]:
    """Give up handovers whose request was cut off so many seconds ago; the ids of those settled."""
    async with database.read() as tx:
        records = await tx.fetch(_OPEN, older_than)
    settled: list[str] = []
    for record in records:
        provider = providers.get(record["provider_id"])
        if provider is not None and await _cancel_at(provider, record["fulfillment_id"], {}):
            async with database.write() as tx:
                await tx.execute(
                    "UPDATE fulfillment_request SET state = 'undone', updated_at = now()"
                    " WHERE fulfillment_id = $1 AND state = 'requested'",
                    record["fulfillment_id"],
                )
            settled.append(record["fulfillment_id"])
    return settled


async def _ask(
    database: Database, provider: FulfillmentProvider, handover: Handover, action: str
) -> Accepted:
    if not provider.is_local:
        async with database.write() as tx:
            await insert_rows(
                tx, FulfillmentRequest.__table__, [_request(provider, handover, action)]
            )
    call = provider.create_return if action == "create_return" else provider.create_fulfillment
    try:
        return await call(handover)
    except DeliveryRefused as error:
        if not provider.is_local:
            async with database.write() as tx:
                await tx.execute(_ANSWER, handover.key, action, "failed", {"error": str(error)})
        raise InvalidData(str(error)) from error
    except Exception as error:
        # It may have been taken: the request stays open until it is settled.
        raise _no_answer(provider) from error


async def _give_up(
    database: Database, provider: FulfillmentProvider, key: str, action: str, data: Data
) -> None:
    """Tell the provider that nothing comes of a handover; what cannot be told stays open."""
    if await _cancel_at(provider, key, data):
        async with database.write() as tx:
            await tx.execute(_ANSWER, key, action, "undone", None)


async def _cancel_at(provider: FulfillmentProvider, key: str, data: Data) -> bool:
    try:
        await provider.cancel_fulfillment(key, data)
    except Exception as error:
        _log.error("handover not given up", provider=provider.id, key=key, exc_info=error)
        return False
    return True


def _no_answer(provider: FulfillmentProvider) -> TooSlow:
    return TooSlow(f"Fulfillment provider {provider.id} gave no answer; try again later")


def _request(provider: FulfillmentProvider, handover: Handover, action: str) -> dict[str, Any]:
    return {
        "fulfillment_id": handover.key,
        "action": action,
        "provider_id": provider.id,
        "asked": {"order_id": handover.order_id, "location_id": handover.location_id},
    }


def _handover(wanted: NewFulfillment, option: Data, order_id: str | None) -> Handover:
    address = wanted.address or {}
    to = {name: address.get(name) for name in Destination.__dataclass_fields__}
    goods = [
        Goods(
            item.title,
            item.quantity,
            item.sku,
            item.barcode,
            line_item_id=item.line_item_id,
            inventory_item_id=item.inventory_item_id,
        )
        for item in wanted.items
    ]
    return Handover(
        wanted.id, wanted.location_id, Destination(**to), goods, option, wanted.data, order_id
    )
