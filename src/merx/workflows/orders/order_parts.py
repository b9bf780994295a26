"""Exchanges and claims of orders: items returned, items sent, items written off.

Both belong to an order and have their own open change. Returned items are a return that is
requested together with it; items sent become lines of the order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from merx.batch import insert_all, insert_rows
from merx.core.acting import acting
from merx.core.database import Database, Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.core.ids import new_id
from merx.modules.order.actions import Patch, open_order_change, positive, say_anew, take_out
from merx.modules.order.change import Action, Kind
from merx.modules.order.changes import (
    Opened,
    add_actions,
    begin_change,
    cancel_change,
    change_order,
    confirm_change,
)
from merx.modules.order.load import load_order, lock_order
from merx.modules.order.new import line_inserts, write_line
from merx.modules.order.part_kinds import PartKind
from merx.modules.order.return_models import Return
from merx.modules.order.return_schemas import AddedVariant, BeginPart, ClaimedItem, PatchAdded
from merx.modules.order.state import Line
from merx.modules.tax.lines import TaxProviders
from merx.outbox import emit
from merx.workflows.orders.carried_promotions import count_carried, refresh_carried
from merx.workflows.orders.edits import details_of
from merx.workflows.orders.new_lines import Wanted, buying, new_lines, with_taxes
from merx.workflows.orders.order_edits import added, keep_stock
from merx.workflows.orders.orders import take_turn
from merx.workflows.orders.returns import cancel_return, has_fulfillments, mark_requested
from merx.workflows.orders.settle import settle_difference

_CREATED = {"exchange": "order.exchange_created", "claim": "order.claim_created"}
_LOCATION = """SELECT stock_location_id FROM sales_channel_stock_location
WHERE sales_channel_id = $1 ORDER BY stock_location_id LIMIT 1"""


@dataclass(frozen=True, slots=True)
class PartHead:
    """The row of an exchange or a claim."""

    id: str
    order_id: str
    return_id: str | None
    is_canceled: bool


async def find_part(
    tx: Transaction, kind: PartKind, part_id: str, *, live: bool = False
) -> PartHead:
    """The exchange or claim; NotFound if there is none, InvalidData if it must be `live` and is
    canceled.
    """
    row = await tx.fetchrow(
        f"SELECT id, order_id, return_id, canceled_at FROM {kind.table_name}"
        " WHERE id = $1 AND deleted_at IS NULL",
        part_id,
    )
    if row is None:
        raise NotFound(f"{kind.title} id not found: {part_id}")
    if live and row["canceled_at"] is not None:
        raise InvalidData(f"{kind.name.title()} with id {part_id} has been canceled.")
    return PartHead(row["id"], row["order_id"], row["return_id"], row["canceled_at"] is not None)


async def begin_part(tx: Transaction, kind: PartKind, body: BeginPart, **columns: Any) -> str:
    """Open an exchange or a claim of an order; returns its id."""
    head = await take_turn(tx, body.order_id)
    part_id = new_id(kind.prefix)
    row: dict[str, Any] = {
        "id": part_id,
        "order_id": body.order_id,
        "order_version": head.version,
        "metadata": body.metadata,
        "created_by": acting.get(),
        **columns,
    }
    await insert_rows(tx, kind.table, [row])
    await begin_change(
        tx,
        body.order_id,
        kind.name,
        description=body.description,
        internal_note=body.internal_note,
        **{kind.key: part_id},
    )
    return part_id


async def open_part(tx: Transaction, kind: PartKind, part_id: str) -> Opened:
    """The open change of the exchange or claim, locked with its order."""
    head = await find_part(tx, kind, part_id, live=True)
    return await open_order_change(tx, head.order_id, kind.name, of=part_id)


async def inbound_return(
    tx: Transaction, kind: PartKind, opened: Opened, part_id: str, location_id: str | None = None
) -> str:
    """The return of an exchange or claim, created when it is first needed."""
    head = await find_part(tx, kind, part_id)
    if location_id is not None and not await tx.fetchval(
        "SELECT true FROM stock_location WHERE id = $1 AND deleted_at IS NULL", location_id
    ):
        raise NotFound(f"Stock location with id: {location_id} was not found")
    if head.return_id is not None:
        if location_id is not None:
            await tx.execute(
                "UPDATE return SET location_id = $2, updated_at = now() WHERE id = $1",
                head.return_id,
                location_id,
            )
        return head.return_id
    place = location_id or await tx.fetchval(_LOCATION, opened.head.sales_channel_id)
    return_id = new_id("return")
    row: dict[str, Any] = {
        "id": return_id,
        "order_id": head.order_id,
        "order_version": opened.head.version,
        "location_id": place,
        kind.key: part_id,
    }
    await insert_rows(tx, Return.__table__, [row])
    for table, key in ((kind.table_name, part_id), ("order_change", opened.change.id)):
        await tx.execute(
            f"UPDATE {table} SET return_id = $2, updated_at = now() WHERE id = $1", key, return_id
        )
    return return_id


async def add_outbound(
    database: Database,
    taxes: TaxProviders,
    kind: PartKind,
    part_id: str,
    items: Sequence[AddedVariant],
) -> None:
    """Add variants to send.

    Opens its own transactions, as taxes are asked for while nothing is locked.
    """
    given = added(items).items
    async with database.write() as tx:
        opened = await open_part(tx, kind, part_id)
        who = await buying(tx, opened.head)
        wanted = [
            Wanted(
                one.quantity,
                one.variant_id,
                unit_price=one.unit_price,
                metadata=one.metadata,
                allow_backorder=bool(one.allow_backorder),
            )
            for one in given
        ]
        priced = await new_lines(tx, wanted, who, published=True)
    lines, _ = await with_taxes(database, taxes, priced, [], who)
    async with database.write() as tx:
        opened = await open_part(tx, kind, part_id)
        written = [write_line(line) for line in lines]
        await insert_all(tx, *line_inserts(written))
        known = [one.row_id for one in written]
        loaded = await load_order(tx, opened.head.id, lines=known)
        opened = _knowing(opened, {**opened.loaded.known.lines, **loaded.known.lines})
        actions = [
            Action(
                Kind.ITEM_ADD,
                one.row_id,
                line.quantity,
                line.unit_price,
                amount=line.unit_price * line.quantity,
                reference=kind.table_name,
                reference_id=part_id,
                details=details_of(item),
                internal_note=item.internal_note,
            )
            for one, line, item in zip(written, lines, given, strict=True)
        ]
        await add_actions(tx, opened, actions)
        await refresh_carried(tx, await open_part(tx, kind, part_id))


def _knowing(opened: Opened, lines: Mapping[str, Line]) -> Opened:
    """The open change, including lines just written for it."""
    known = replace(opened.loaded.known, lines=lines)
    return replace(opened, loaded=replace(opened.loaded, known=known))


async def patch_outbound(
    tx: Transaction, kind: PartKind, part_id: str, action_id: str, body: PatchAdded
) -> None:
    """Change the quantity of a variant to send."""
    opened = await open_part(tx, kind, part_id)
    action = next((one for one in opened.actions if one.id == action_id), None)
    if action is None:
        raise InvalidData(
            f"No request to add item for {kind.name} {part_id} in order change {opened.change.id}"
        )
    if body.quantity is not None and body.quantity <= 0:
        raise InvalidData(f"Quantity of item {action.target_id} must be greater than 0.")
    quantity = None if body.quantity is None else Decimal(body.quantity)
    patch = Patch(quantity, internal_note=body.internal_note)
    await say_anew(tx, opened, action_id, (Kind.ITEM_ADD,), patch)
    await refresh_carried(tx, await open_part(tx, kind, part_id))


async def remove_outbound(tx: Transaction, kind: PartKind, part_id: str, action_id: str) -> None:
    """Remove a variant to send."""
    opened = await open_part(tx, kind, part_id)
    await take_out(tx, opened, action_id, (Kind.ITEM_ADD,))
    await refresh_carried(tx, await open_part(tx, kind, part_id))


async def claim_items(
    tx: Transaction, kind: PartKind, part_id: str, items: Sequence[ClaimedItem]
) -> None:
    """Record which units were wrong, and why: they are written off."""
    opened = await open_part(tx, kind, part_id)
    actions: list[Action] = []
    for one in items:
        quantity = Decimal(str(one.quantity))
        positive(quantity, f"Quantity to write-off item {one.id} is required.")
        actions.append(
            Action(
                Kind.WRITE_OFF_ITEM,
                one.id,
                quantity,
                reference=kind.table_name,
                reference_id=part_id,
                details={
                    name: value
                    for name, value in (("reason", one.reason), ("metadata", one.metadata))
                    if value is not None
                },
                internal_note=one.internal_note,
            )
        )
    await add_actions(tx, opened, actions)


async def confirm_part(tx: Transaction, kind: PartKind, part_id: str) -> None:
    """Confirm the exchange or claim: request its return, reserve the items to send, and settle the
    amount due.
    """
    opened = await open_part(tx, kind, part_id)
    _check_whole(kind, opened)
    confirmed = await confirm_change(tx, opened)
    await count_carried(tx, confirmed)
    await insert_rows(tx, kind.items, kind.rows(part_id, opened.actions))
    back = [one for one in opened.actions if one.kind is Kind.RETURN_ITEM]
    head = await find_part(tx, kind, part_id)
    if head.return_id is not None and back:
        await mark_requested(tx, head.return_id, back)
    await keep_stock(tx, confirmed)
    await settle_difference(tx, head.order_id)
    await emit(tx, _CREATED[kind.name], [head.order_id])


def _check_whole(kind: PartKind, opened: Opened) -> None:
    kinds = {one.kind for one in opened.actions}
    if not kinds & kind.any_of or not kind.all_of <= kinds:
        raise InvalidData(kind.incomplete)


async def cancel_part_request(tx: Transaction, kind: PartKind, part_id: str) -> None:
    """Cancel one that is not confirmed yet; nothing of it is kept."""
    await cancel_change(tx, await open_part(tx, kind, part_id))
    for table, key in ((kind.table_name, "id"), ("return", kind.key)):
        await tx.execute(
            f"UPDATE {table} SET deleted_at = now(), updated_at = now() WHERE {key} = $1", part_id
        )


async def cancel_part(
    tx: Transaction, kind: PartKind, part_id: str, no_notification: bool | None
) -> None:
    """Cancel a confirmed exchange or claim, with its return and the items to send.

    Refused once units were received or shipped, or if it has a fulfillment.
    """
    head = await find_part(tx, kind, part_id, live=True)
    await lock_order(tx, head.order_id)
    head = await find_part(tx, kind, part_id, live=True)
    if head.return_id is not None and await has_fulfillments(tx, head.return_id):
        raise NotAllowed(kind.fulfilled)
    if head.return_id is not None:
        await cancel_return(tx, head.return_id, no_notification)
    loaded = await load_order(tx, head.order_id)
    actions: list[Action] = []
    for item in await tx.fetch(kind.items_of, part_id):
        line = loaded.state.lines.get(item["item_id"])
        if line is None:
            continue
        if item["is_added"] and line.fulfilled > 0:
            raise NotAllowed(kind.fulfilled)
        undo = Kind.ITEM_REMOVE if item["is_added"] else Kind.REINSTATE_ITEM
        actions.append(Action(undo, item["item_id"], item["quantity"]))
    actions += [
        Action(Kind.SHIPPING_REMOVE, reference_id=key)
        for key, method in loaded.state.methods.items()
        if part_id in (method.exchange_id, method.claim_id)
    ]
    if actions:
        confirmed = await change_order(tx, loaded, actions, **{kind.key: part_id})
        await keep_stock(tx, confirmed)
        await settle_difference(tx, head.order_id)
    await tx.execute(
        f"UPDATE {kind.table_name} SET canceled_at = now(), updated_at = now(),"
        " no_notification = coalesce($2, no_notification) WHERE id = $1",
        part_id,
        no_notification,
    )
