"""Orders as CSV, one row each."""

import csv
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from merx.core.database import Transaction
from merx.core.shapes import Document
from merx.links import GRAPH
from merx.query.plan import Plan
from merx.query.run import read_all
from merx.workflows.stock.inventory_csv import safe

_AT_ONCE = 200
COLUMNS = (
    "id",
    "display_id",
    "status",
    "created_at",
    "updated_at",
    "email",
    "currency_code",
    "region_id",
    "subtotal",
    "tax_total",
    "shipping_total",
    "discount_total",
    "gift_card_total",
    "total",
    "payment_status",
    "fulfillment_status",
    "customer.id",
    "customer.email",
    "customer.first_name",
    "customer.last_name",
    "sales_channel.id",
    "sales_channel.name",
    *(
        f"{kind}_address.{name}"
        for kind in ("shipping", "billing")
        for name in (
            "first_name",
            "last_name",
            "address_1",
            "address_2",
            "city",
            "postal_code",
            "country_code",
            "phone",
        )
    ),
)


async def write_orders(tx: Transaction, plan: Plan) -> AsyncIterator[bytes]:
    """The file, in chunks."""
    yield _csv([COLUMNS])
    async for rows in read_all(tx, GRAPH, plan, at_once=_AT_ONCE):
        orders = (json.loads(row, parse_int=str, parse_float=str) for row in rows)
        yield _csv([list(_values(order)) for order in orders])


def _values(order: Document) -> Iterator[str]:
    for column in COLUMNS:
        relation, _, name = column.rpartition(".")
        row: Mapping[str, Any] = (order.get(relation) or {}) if relation else order
        yield safe(row.get(name))


def _csv(lines: Sequence[Sequence[str]]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()
