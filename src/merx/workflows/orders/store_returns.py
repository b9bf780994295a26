"""Returns requested by a shopper: opened, filled and requested in one transaction."""

from collections.abc import Sequence

from merx.core.database import Database, Transaction
from merx.modules.fulfillment.fulfillments import NewFulfillment
from merx.modules.order.change import Kind
from merx.modules.order.new import NewMethod
from merx.modules.order.return_schemas import (
    AddMethod,
    BeginReceive,
    BeginReturn,
    ReturnedItem,
    StoreReturn,
    UnitsOf,
)
from merx.workflows.delivery.fulfillments import handed_over
from merx.workflows.orders.change_shipping import Part, add_method, price_method
from merx.workflows.orders.receive_returns import begin_receive, confirm_receive, receive_items
from merx.workflows.orders.return_fulfillments import plan_way_back, write_way_back
from merx.workflows.orders.returns import (
    REQUEST,
    begin_return,
    confirm_request,
    open_return,
    request_items,
)
from merx.workflows.selling.shipping_options import Providers


class _Undo(Exception):
    """Rolls a transaction back."""


async def return_goods(database: Database, providers: Providers, body: StoreReturn) -> str:
    """Request a return whose items a provider picks up; returns its id.

    As on the reference, the shipping costs what its option says, whatever price the shopper sends,
    and is not taxed. The provider is asked while nothing is locked: what to pick up is found by
    making the return and rolling it back.
    """
    way = AddMethod(shipping_option_id=body.return_shipping.option_id)
    wanted: NewFulfillment | None = None
    method: NewMethod | None = None
    try:
        async with database.write() as tx:
            await _fill(tx, await begin_return(tx, _begun(body)), body)
            raise _Undo
    except _Undo:
        method = await price_method(database, providers, None, body.order_id, way, is_return=True)
    try:
        async with database.write() as tx:
            return_id = await _make(tx, body, method)
            opened = await open_return(tx, return_id, REQUEST)
            wanted = await plan_way_back(tx, opened, body.location_id)
            raise _Undo
    except _Undo:
        pass
    if wanted is None:
        async with database.write() as tx:
            return await _request(tx, body, method)
    async with (
        handed_over(database, providers, wanted, order_id=body.order_id, is_return=True) as handed,
        database.write() as tx,
    ):
        return_id = await _request(tx, body, method)
        await write_way_back(tx, return_id, handed)
    return return_id


async def _request(tx: Transaction, body: StoreReturn, method: NewMethod) -> str:
    return_id = await _make(tx, body, method)
    opened = await open_return(tx, return_id, REQUEST)
    await confirm_request(tx, opened, return_id, no_notification=None)
    if body.receive_now:
        await begin_receive(tx, return_id, BeginReceive())
        units = [UnitsOf(id=one.id, quantity=one.quantity) for one in body.items]
        await receive_items(tx, return_id, units, Kind.RECEIVE_RETURN_ITEM)
        await confirm_receive(tx, return_id, no_notification=None)
    return return_id


async def _make(tx: Transaction, body: StoreReturn, method: NewMethod) -> str:
    return_id = await begin_return(tx, _begun(body))
    await _fill(tx, return_id, body)
    opened = await open_return(tx, return_id, REQUEST)
    await add_method(tx, opened, method, Part(return_id=return_id))
    return return_id


async def _fill(tx: Transaction, return_id: str, body: StoreReturn) -> None:
    opened = await open_return(tx, return_id, REQUEST)
    await request_items(tx, opened, return_id, _items(body))


def _begun(body: StoreReturn) -> BeginReturn:
    return BeginReturn(
        order_id=body.order_id, location_id=body.location_id, internal_note=body.note
    )


def _items(body: StoreReturn) -> Sequence[ReturnedItem]:
    return [
        ReturnedItem(
            id=one.id, quantity=one.quantity, reason_id=one.reason_id, internal_note=one.note
        )
        for one in body.items
    ]
