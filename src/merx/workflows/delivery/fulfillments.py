"""Creates fulfillments: the provider is asked outside any transaction, then the fulfillment is
written.

A request to an external provider is a row before it is sent, with the fulfillment's id as
idempotency key, and is closed in the transaction that writes its result. If a fulfillment cannot be
written, its request is withdrawn; while a cancellation is open the goods cannot be shipped.
`settle_requests` settles what a crash interrupts.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import structlog

from merx.batch import lock_rows
from merx.core.database import Database, Transaction
from merx.core.errors import Conflict, InvalidData, NotFound, TooSlow
from merx.modules.fulfillment.fulfillments import (
    NewFulfillment,
    check_cancelable,
    insert_fulfillments,
    lock_fulfillment,
)
from merx.modules.fulfillment.fulfillments import NewLabel as _NewLabel
from merx.modules.fulfillment.requests import Action, State, close_request, write_request
from merx.modules.stock_location.models import StockLocation
from merx.providers.at_once import answer_of
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

_OPTION_DATA = "SELECT data FROM shipping_option WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Handed:
    """Goods accepted by the provider, to be written as a fulfillment."""

    fulfillment: NewFulfillment
    action: Action
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

    Call `write_fulfillment` in that transaction. If the block fails, the request is withdrawn.
    Raises InvalidData with the provider's message if it refuses, TooSlow if it does not answer.
    """
    provider = providers.get(wanted.provider_id)
    action = Action.CREATE_RETURN if is_return else Action.CREATE
    if provider is None:
        # An unknown provider, which its foreign key refuses, or one without an external service.
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
            await give_up(database, provider, wanted.id, action, accepted.data)
        raise


async def write_fulfillment(tx: Transaction, handed: Handed) -> str:
    """Write the fulfillment and close its request; returns its id.

    Conflict if the provider took so long that the request was withdrawn meanwhile.
    """
    new = handed.fulfillment
    if not await lock_rows(tx, StockLocation.__table__, [new.location_id], shared=True):
        raise NotFound(f"StockLocation id not found: {new.location_id}")
    await insert_fulfillments(tx, [new])
    if not handed.is_local:
        answer = dict(new.data)
        if not await close_request(tx, new.id, handed.action, State.DONE, answer):
            raise Conflict("The fulfillment provider answered too late; try again")
    return new.id


async def ask_to_cancel(database: Database, providers: Providers, fulfillment_id: str) -> None:
    """Ask the provider to cancel a fulfillment before it is canceled here.

    Until it is canceled or the provider refuses, it cannot be shipped or delivered. Repeating the
    request is safe. NotFound without the fulfillment, InvalidData if it is shipped or delivered.
    """
    async with database.write() as tx:
        present = await lock_fulfillment(tx, fulfillment_id)
        if present.canceled_at is not None:
            return
        check_cancelable(fulfillment_id, present.shipped_at, present.delivered_at)
        provider = providers.get(present.provider_id or "")
        if provider is None or provider.is_local:
            # No external provider has to know.
            return
        data = present.data or {}
        await write_request(tx, fulfillment_id, Action.CANCEL, provider.id, data)
    try:
        await provider.cancel_fulfillment(fulfillment_id, data)
    except DeliveryRefused as error:
        async with database.write() as tx:
            await close_request(
                tx, fulfillment_id, Action.CANCEL, State.FAILED, {"error": str(error)}
            )
        raise InvalidData(str(error)) from error
    except Exception as error:
        # The provider may have cancelled it: the request stays open until it is settled.
        raise _no_answer(provider) from error


async def give_up(
    database: Database, provider: FulfillmentProvider, key: str, action: Action, data: Data
) -> bool:
    """Withdraw a request from the provider, unless its fulfillment is written after all.

    If the provider cannot be reached, the request stays open. Returns whether it was withdrawn.
    """
    async with database.write() as tx:
        if not await close_request(tx, key, action, State.UNDOING):
            return False
    try:
        await provider.cancel_fulfillment(key, data)
    except Exception as error:
        _log.error("handover not given up", provider=provider.id, key=key, exc_info=error)
        return False
    async with database.write() as tx:
        return await close_request(tx, key, action, State.UNDONE)


async def _ask(
    database: Database, provider: FulfillmentProvider, handover: Handover, action: Action
) -> Accepted:
    key = handover.key
    call = provider.create_return if action is Action.CREATE_RETURN else provider.create_fulfillment
    if not provider.is_local:
        asked = {"order_id": handover.order_id, "location_id": handover.location_id}
        async with database.write() as tx:
            await write_request(tx, key, action, provider.id, asked)
    try:
        return await answer_of(call(handover), is_local=provider.is_local)
    except DeliveryRefused as error:
        if not provider.is_local:
            async with database.write() as tx:
                await close_request(tx, key, action, State.FAILED, {"error": str(error)})
        raise InvalidData(str(error)) from error
    except Exception as error:
        # The provider may have taken it: the request stays open until it is settled.
        raise _no_answer(provider) from error


def _no_answer(provider: FulfillmentProvider) -> TooSlow:
    return TooSlow(f"Fulfillment provider {provider.id} gave no answer; try again later")


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
