"""Orders, written in the same way as from carts and drafts."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.order.create import create_order
from merx.modules.order.new import NewAddress, NewLine, NewMethod, NewOrder, NewTaxLine
from merx.modules.order.state import Adjustment
from tests.factories.stock import make_reservation


@dataclass(frozen=True)
class MadeOrder:
    """An order and its lines in the order they were given."""

    id: str
    line_ids: list[str]


def tax(rate: float = 20) -> NewTaxLine:
    return NewTaxLine("code", Decimal(str(rate)), "name", provider_id="system")


def line(price: float = 20, quantity: int = 3, **more: Any) -> NewLine:
    """A line of goods."""
    return NewLine(more.pop("title", "Shirt"), Decimal(quantity), Decimal(str(price)), **more)


async def make_order(tx: Transaction, *lines: NewLine, **more: Any) -> MadeOrder:
    """An order of the lines, or of three shirts at 20 with 20 % tax, with delivery for 10."""
    given = {
        "email": "ann@example.com",
        "shipping_address": NewAddress(first_name="Ann", country_code="dk"),
        "methods": [NewMethod("Standard", Decimal(10), tax_lines=[tax()])],
        **more,
    }
    wanted = NewOrder("eur", lines=list(lines) or [line(tax_lines=[tax()])], **given)
    rows = await create_order(tx, wanted)
    return MadeOrder(rows.order_id, rows.line_ids)


async def reserve(
    tx: Transaction, order: MadeOrder, item_id: str, location_id: str, quantity: int, at: int = 0
) -> None:
    """Hold stock for a line of the order."""
    await make_reservation(
        tx, item_id, location_id, quantity, line_item_id=order.line_ids[at], allow_backorder=False
    )


def discount(amount: float) -> Adjustment:
    return Adjustment(Decimal(str(amount)), "TEN")


async def make_collection(tx: Transaction, order_id: str, amount: float) -> str:
    """The payment collection of the order."""
    collection_id = new_id("pay_col")
    await tx.execute(
        "INSERT INTO payment_collection (id, currency_code, amount) VALUES ($1, 'eur', $2)",
        collection_id,
        Decimal(str(amount)),
    )
    await tx.execute(
        "INSERT INTO order_payment_collection (order_id, payment_collection_id, id)"
        " VALUES ($1, $2, $3)",
        order_id,
        collection_id,
        new_id("ordpay"),
    )
    return collection_id


async def make_option(tx: Transaction) -> str:
    """A shipping option of the shop's own carrier; its id."""
    ids = {name: new_id(name) for name in ("fuset", "serzo", "sotype", "pset", "so")}
    for text, *values in (
        ("fulfillment_set (id, name, type) VALUES ($1, $1, 'shipping')", "fuset"),
        ("service_zone (id, name, fulfillment_set_id) VALUES ($1, $1, $2)", "serzo", "fuset"),
        ("shipping_option_type (id, label, code) VALUES ($1, $1, $1)", "sotype"),
        ("price_set (id) VALUES ($1)", "pset"),
        (
            "shipping_option (id, name, provider_id, service_zone_id, shipping_option_type_id,"
            " price_set_id) VALUES ($1, 'Standard', 'manual_manual', $2, $3, $4)",
            "so",
            "serzo",
            "sotype",
            "pset",
        ),
    ):
        await tx.execute(f"INSERT INTO {text}", *(ids[name] for name in values))
    return ids["so"]
