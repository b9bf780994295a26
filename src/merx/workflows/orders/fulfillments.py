"""Fulfillments of orders: create, ship, deliver and cancel them.

A request is checked before the provider is asked, and again under the order's lock: of two requests
for the same units the second finds none left, and its request to the provider is withdrawn.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from merx.batch import Row
from merx.core.clock import now
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.core.ids import new_id
from merx.core.money import UNROUNDED
from merx.core.shapes import Json
from merx.modules.fulfillment import fulfillments as rows
from merx.modules.fulfillment.fulfillments import NewFulfillment, NewItem
from merx.modules.order.change import Action, Kind, apply
from merx.modules.order.changes import change_order
from merx.modules.order.load import Loaded, load_order, lock_order
from merx.modules.order.order_schemas import FulfillOrder
from merx.outbox import emit
from merx.workflows.delivery.fulfillments import Handed, write_fulfillment
from merx.workflows.orders.confirmations import tell_of_shipment
from merx.workflows.orders.stock import Need, Taken, give_back_stock, take_stock

_UNKNOWN = "Order id not found: {id}"

# Which stock the lines need, and from where.
_LINES = """
SELECT l.id, l.title, l.variant_title, l.variant_sku, l.variant_barcode, l.requires_shipping,
  coalesce((SELECT v.manage_inventory FROM product_variant v WHERE v.id = l.variant_id), false)
    AS is_managed,
  coalesce((SELECT json_agg(json_build_object('item_id', k.inventory_item_id,
      'title', i.title, 'sku', i.sku, 'required', k.required_quantity) ORDER BY k.id)
    FROM product_variant_inventory_item k JOIN inventory_item i ON i.id = k.inventory_item_id
    WHERE k.variant_id = l.variant_id), '[]') AS items,
  coalesce((SELECT json_agg(r.location_id ORDER BY r.id) FROM reservation_item r
    WHERE r.line_item_id = l.id AND r.deleted_at IS NULL), '[]') AS locations,
  (SELECT p.shipping_profile_id FROM product_shipping_profile p
    WHERE p.product_id = l.product_id) AS profile_id
FROM order_line_item l WHERE l.id = ANY($1::text[]) ORDER BY l.id"""
_OPTION = """
SELECT so.id, so.provider_id, so.shipping_profile_id AS profile_id,
  (SELECT ls.stock_location_id FROM service_zone z
    JOIN location_fulfillment_set ls ON ls.fulfillment_set_id = z.fulfillment_set_id
    WHERE z.id = so.service_zone_id LIMIT 1) AS location_id
FROM shipping_option so WHERE so.id = $1 AND so.deleted_at IS NULL"""
# Of several methods, the one that is for the goods.
_METHOD = """
SELECT m.shipping_option_id, m.data FROM order_shipping s
JOIN order_shipping_method m ON m.id = s.shipping_method_id
LEFT JOIN shipping_option so ON so.id = m.shipping_option_id
WHERE s.order_id = $1 AND s.version = $2 AND s.return_id IS NULL
ORDER BY so.shipping_profile_id = ANY($3::text[]) DESC NULLS LAST, m.id LIMIT 1"""
_ADDRESS = """SELECT to_jsonb(a) FROM order_address a WHERE a.id = $1"""
_OF_ORDER = """SELECT true FROM order_fulfillment WHERE order_id = $1 AND fulfillment_id = $2"""
_ORDER_OF = "SELECT order_id FROM order_fulfillment WHERE fulfillment_id = $1"
_TAKEN = """SELECT line_item_id, inventory_item_id, quantity FROM fulfillment_item
WHERE fulfillment_id = $1 AND deleted_at IS NULL"""
_UNITS = """SELECT details ->> 'reference_id' AS line_id, (details ->> 'quantity')::numeric AS units
FROM order_change_action WHERE order_id = $1 AND action = 'FULFILL_ITEM' AND applied
  AND reference_id = $2 AND deleted_at IS NULL ORDER BY ordering"""


@dataclass(frozen=True, slots=True)
class Line:
    """What must be known of a line to fulfill it."""

    id: str
    title: str
    variant_title: str | None
    variant_sku: str | None
    variant_barcode: str | None
    requires_shipping: bool
    is_managed: bool
    items: Sequence[Mapping[str, Any]]
    locations: Sequence[str]
    profile_id: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A validated fulfillment: which provider to ask, and what to write."""

    order_id: str
    wanted: NewFulfillment
    units: Mapping[str, Decimal]
    needs: Sequence[Need]
    no_notification: bool


async def plan_fulfillment(tx: Transaction, order_id: str, body: FulfillOrder) -> Plan:
    """The fulfillment that a request would create; InvalidData, NotFound or NotAllowed if
    impossible.
    """
    loaded = await _load(tx, order_id)
    units = _units(order_id, loaded, body)
    lines = [_line(dict(row)) for row in await tx.fetch(_LINES, list(units))]
    _check_shipping(lines)
    apply(loaded.state, _actions(Kind.FULFILL_ITEM, units, ""), loaded.known)
    option_id, provider_id, location_id, data = await _service(tx, loaded, body, lines)
    needs = [need for line in lines for need in _needs(line, units[line.id])]
    if body.delivery_address is not None:
        address: Mapping[str, Any] | None = body.delivery_address.model_dump()
    else:
        address = await tx.fetchval(_ADDRESS, loaded.head.shipping_address_id)
    wanted = NewFulfillment(
        location_id,
        provider_id,
        [item for line in lines for item in _goods(line, units[line.id])],
        address,
        shipping_option_id=option_id,
        data=data,
        metadata=body.metadata,
        requires_shipping=lines[0].requires_shipping,
        packed_at=now(),
    )
    quiet = bool(body.no_notification)
    return Plan(order_id, wanted, units, needs, quiet)


async def fulfill_order(tx: Transaction, plan: Plan, handed: Handed) -> str:
    """Write a fulfillment that its provider has accepted; returns its id."""
    await lock_order(tx, plan.order_id)
    loaded = await _load(tx, plan.order_id)
    actions = _actions(Kind.FULFILL_ITEM, plan.units, handed.fulfillment.id)
    await change_order(tx, loaded, actions)
    await take_stock(tx, plan.needs, plan.wanted.location_id, handed.fulfillment.id)
    fulfillment_id = await write_fulfillment(tx, handed)
    await tx.execute(
        "INSERT INTO order_fulfillment (order_id, fulfillment_id, id) VALUES ($1, $2, $3)",
        plan.order_id,
        fulfillment_id,
        new_id("ordful"),
    )
    await emit(tx, "order.fulfillment_created", [plan.order_id])
    return fulfillment_id


async def check_cancelable(tx: Transaction, order_id: str, fulfillment_id: str) -> None:
    """Raise the errors of a cancellation that are known before the provider is asked."""
    await _load(tx, order_id)
    if not await tx.fetchval(_OF_ORDER, order_id, fulfillment_id):
        raise InvalidData(f"Fulfillment with id {fulfillment_id} not found in the order")
    row = await tx.fetchrow(
        "SELECT canceled_at, shipped_at, delivered_at FROM fulfillment WHERE id = $1",
        fulfillment_id,
    )
    assert row is not None
    if row["canceled_at"] is not None:
        raise NotAllowed("The fulfillment is already canceled")
    if row["shipped_at"] is not None:
        raise NotAllowed(
            "The fulfillment has already been shipped. Shipped fulfillments cannot be canceled"
        )
    if row["delivered_at"] is not None:
        raise NotAllowed("The fulfillment has already been delivered")


async def cancel_fulfillment(tx: Transaction, order_id: str, fulfillment_id: str) -> None:
    """Cancel a fulfillment that its provider has cancelled; its items are reserved again."""
    await lock_order(tx, order_id)
    loaded = await _load(tx, order_id)
    held = await rows.lock_fulfillment(tx, fulfillment_id)
    await check_cancelable(tx, order_id, fulfillment_id)
    units = await _fulfilled(tx, order_id, fulfillment_id)
    await change_order(tx, loaded, _actions(Kind.CANCEL_ITEM_FULFILLMENT, units, fulfillment_id))
    taken = [
        Taken(row["line_item_id"], row["inventory_item_id"], row["quantity"])
        for row in await tx.fetch(_TAKEN, fulfillment_id)
        if row["inventory_item_id"] is not None and row["line_item_id"] is not None
    ]
    await give_back_stock(tx, taken, held.location_id, fulfillment_id)
    await rows.cancel(tx, fulfillment_id)
    await emit(tx, "order.fulfillment_canceled", [order_id])


async def finish_cancellation(tx: Transaction, fulfillment_id: str) -> None:
    """Cancel a fulfillment that its provider has cancelled, also in its order if it has one."""
    order_id = await tx.fetchval(_ORDER_OF, fulfillment_id)
    if order_id is not None:
        await lock_order(tx, order_id)
    held = await rows.lock_fulfillment(tx, fulfillment_id)
    if order_id is None or held.canceled_at is not None:
        await rows.cancel(tx, fulfillment_id)
    else:
        await cancel_fulfillment(tx, order_id, fulfillment_id)


async def ship_fulfillment(
    tx: Transaction,
    order_id: str,
    fulfillment_id: str,
    labels: Sequence[rows.NewLabel],
    *,
    quiet: bool = False,
) -> None:
    """Mark all items of a fulfillment as shipped."""
    loaded = await _lock(tx, order_id, fulfillment_id)
    await rows.ship(tx, fulfillment_id, labels)
    units = await _fulfilled(tx, order_id, fulfillment_id)
    await change_order(tx, loaded, _actions(Kind.SHIP_ITEM, units, fulfillment_id))
    if not quiet:
        await tell_of_shipment(tx, loaded.head, fulfillment_id)


async def deliver_fulfillment(tx: Transaction, order_id: str, fulfillment_id: str) -> None:
    """Mark all items of a fulfillment as delivered."""
    loaded = await _lock(tx, order_id, fulfillment_id)
    held = await rows.lock_fulfillment(tx, fulfillment_id)
    if held.canceled_at is not None:
        raise NotAllowed("Cannot deliver an already canceled fulfillment")
    if held.delivered_at is not None:
        raise NotAllowed("Fulfillment has already been marked delivered")
    units = await _fulfilled(tx, order_id, fulfillment_id)
    await change_order(tx, loaded, _actions(Kind.DELIVER_ITEM, units, fulfillment_id))
    await rows.deliver(tx, fulfillment_id)


async def _lock(tx: Transaction, order_id: str, fulfillment_id: str) -> Loaded:
    await _load(tx, order_id)
    await lock_order(tx, order_id)
    if not await tx.fetchval(_OF_ORDER, order_id, fulfillment_id):
        raise NotFound(f"Fulfillment id not found: {fulfillment_id}")
    return await load_order(tx, order_id)


async def _load(tx: Transaction, order_id: str) -> Loaded:
    try:
        loaded = await load_order(tx, order_id)
    except NotFound as error:
        raise NotFound(_UNKNOWN.format(id=order_id)) from error
    if loaded.head.status == "canceled":
        raise NotAllowed(f"Order with id {order_id} has been canceled.")
    return loaded


def _units(order_id: str, loaded: Loaded, body: FulfillOrder) -> dict[str, Decimal]:
    unknown = [item.id for item in body.items if item.id not in loaded.state.lines]
    if unknown:
        raise InvalidData(
            f"Items with ids {', '.join(unknown)} does not exist in order with id {order_id}."
        )
    units: dict[str, Decimal] = {}
    for item in body.items:
        if item.quantity <= 0:
            raise InvalidData(f"Quantity to fulfill of item {item.id} is required.")
        units[item.id] = UNROUNDED.add(units.get(item.id, Decimal(0)), item.quantity)
    return units


def _line(row: Row) -> Line:
    lists = {
        name: json.loads(row[name], parse_float=Decimal, parse_int=Decimal)
        for name in ("items", "locations")
    }
    return Line(**{**row, **lists})


def _check_shipping(lines: Sequence[Line]) -> None:
    if len({line.requires_shipping for line in lines}) > 1:
        raise InvalidData(
            "Fulfillment can only be created entirely with items with shipping or items without"
            " shipping. Split this request into 2 fulfillments."
        )


def _check_profiles(profile_id: str, lines: Sequence[Line]) -> None:
    for line in lines:
        if line.profile_id not in (None, profile_id):
            raise InvalidData(
                f"Shipping profile {profile_id} does not match the shipping profile of the order"
                f" item {line.id}"
            )


async def _service(
    tx: Transaction, loaded: Loaded, body: FulfillOrder, lines: Sequence[Line]
) -> tuple[str | None, str, str, Json]:
    """The shipping option, its provider, the location and the method's data."""
    profiles = [line.profile_id for line in lines if line.profile_id]
    method = await tx.fetchrow(_METHOD, loaded.head.id, loaded.head.version, profiles)
    chosen = body.shipping_option_id or (method and method["shipping_option_id"])
    option = await tx.fetchrow(_OPTION, chosen) if chosen else None
    if option is None and body.shipping_option_id:
        raise NotFound(f"ShippingOption id not found: {body.shipping_option_id}")
    if option is not None:
        _check_profiles(option["profile_id"], lines)
    reserved = [place for line in lines for place in line.locations]
    location_id = body.location_id or (option and option["location_id"])
    location_id = location_id or (reserved[0] if reserved else None)
    if location_id is None:
        raise InvalidData(f"Cannot fulfill order {loaded.head.id} without a location")
    known = await tx.fetchval(
        "SELECT true FROM stock_location WHERE id = $1 AND deleted_at IS NULL", location_id
    )
    if not known:
        raise NotFound(f"StockLocation id not found: {location_id}")
    provider_id = option["provider_id"] if option else None
    is_own = method is not None and method["shipping_option_id"] == chosen
    data: dict[str, Any] = (method["data"] or {}) if method is not None and is_own else {}
    option_id: str | None = option["id"] if option else None
    return option_id, str(provider_id or "manual_manual"), str(location_id), data


def _needs(line: Line, units: Decimal) -> list[Need]:
    """The stock that a quantity of a line takes."""
    if not line.is_managed:
        return []
    name = f"{line.title} ({line.variant_title})"
    return [
        Need(line.id, one["item_id"], UNROUNDED.multiply(units, one["required"]), name)
        for one in line.items
    ]


def _goods(line: Line, units: Decimal) -> list[NewItem]:
    """The items of a fulfillment: the inventory items of a line, or the line itself."""
    title = line.variant_title or line.title
    barcode = line.variant_barcode or ""
    if not (line.is_managed and line.items):
        return [NewItem(title, units, line.variant_sku or "", barcode, line.id)]
    is_kit = len(line.items) > 1
    return [
        NewItem(
            (one["title"] if is_kit else None) or title,
            UNROUNDED.multiply(units, one["required"]),
            (one["sku"] if is_kit else line.variant_sku) or one["sku"] or "",
            barcode,
            line.id,
            one["item_id"],
        )
        for one in line.items
    ]


def _actions(kind: Kind, units: Mapping[str, Decimal], fulfillment_id: str) -> list[Action]:
    return [
        Action(
            kind, line_id, quantity, reference="fulfillment", reference_id=fulfillment_id or None
        )
        for line_id, quantity in units.items()
    ]


async def _fulfilled(tx: Transaction, order_id: str, fulfillment_id: str) -> dict[str, Decimal]:
    """The fulfilled quantity of each line."""
    return {
        row["line_id"]: row["units"] for row in await tx.fetch(_UNITS, order_id, fulfillment_id)
    }
