"""The fulfillment that ships a return back, if a shipping method was chosen for it."""

from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.fulfillment.fulfillments import NewFulfillment, NewItem
from merx.modules.order.change import Kind
from merx.modules.order.changes import Opened
from merx.workflows.delivery.fulfillments import Handed, write_fulfillment

_METHOD = """
SELECT so.id, so.provider_id, m.data, (SELECT ls.stock_location_id FROM service_zone z
    JOIN location_fulfillment_set ls ON ls.fulfillment_set_id = z.fulfillment_set_id
    WHERE z.id = so.service_zone_id LIMIT 1) AS location_id
FROM order_shipping_method m JOIN shipping_option so ON so.id = m.shipping_option_id
WHERE m.id = $1 AND so.deleted_at IS NULL"""
_GOODS = """
SELECT l.id, l.title, l.variant_title, l.variant_sku, l.variant_barcode FROM order_line_item l
WHERE l.id = ANY($1::text[]) ORDER BY l.id"""
_ADDRESS = "SELECT to_jsonb(a) FROM order_address a WHERE a.id = $1"
_LINK = "INSERT INTO return_fulfillment (return_id, fulfillment_id, id) VALUES ($1, $2, $3)"


async def plan_way_back(
    tx: Transaction, opened: Opened, location_id: str | None
) -> NewFulfillment | None:
    """The fulfillment to request from a provider; None if no method was chosen."""
    methods = [
        one.reference_id
        for one in opened.actions
        if one.kind is Kind.SHIPPING_ADD and one.return_id is not None
    ]
    row = await tx.fetchrow(_METHOD, methods[-1]) if methods else None
    if row is None or row["provider_id"] is None:
        return None
    units = {one.target_id: one.units for one in opened.actions if one.kind is Kind.RETURN_ITEM}
    place = location_id or row["location_id"]
    if place is None or not units:
        return None
    goods = [
        NewItem(
            line["variant_title"] or line["title"],
            units[line["id"]],
            line["variant_sku"] or "",
            line["variant_barcode"] or "",
            line["id"],
        )
        for line in await tx.fetch(_GOODS, list(units))
    ]
    address = await tx.fetchval(_ADDRESS, opened.head.shipping_address_id)
    return NewFulfillment(
        place,
        row["provider_id"],
        goods,
        address,
        shipping_option_id=row["id"],
        data=row["data"] or {},
    )


async def write_way_back(tx: Transaction, return_id: str, handed: Handed) -> None:
    """Write the fulfillment that its provider has accepted."""
    fulfillment_id = await write_fulfillment(tx, handed)
    await tx.execute(_LINK, return_id, fulfillment_id, new_id("retful"))
