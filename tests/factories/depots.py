"""A location with variants in stock, and orders of them."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx

from merx.core.database import Transaction
from merx.modules.order.new import NewMethod
from tests.answers import good
from tests.factories.orders import MadeOrder, line, make_option, make_order, reserve, tax
from tests.factories.products import grid, item_of, make_location, make_product, variants
from tests.factories.stock import make_level


@dataclass
class Depot:
    """Variants with stock, and a shipping option for them."""

    tx: Transaction
    location_id: str
    option_id: str
    variant_ids: list[str]
    item_ids: list[str] = field(default_factory=list)

    async def order(self, count: int) -> MadeOrder:
        """An order of `count` lines, each of two reserved units."""
        lines = [
            line(20, 2, variant_id=one, tax_lines=[tax()], requires_shipping=True)
            for one in self.variant_ids[:count]
        ]
        way = NewMethod("Standard", Decimal(10), self.option_id, tax_lines=[tax()])
        order = await make_order(self.tx, *lines, methods=[way])
        for place, item_id in enumerate(self.item_ids[:count]):
            await reserve(self.tx, order, item_id, self.location_id, 2, at=place)
        return order

    def units(self, order: MadeOrder, quantity: int = 1) -> list[dict[str, Any]]:
        """`quantity` units of each line."""
        return [{"id": one, "quantity": quantity} for one in order.line_ids]


async def make_depot(tx: Transaction, count: int = 1, stocked: int = 100) -> Depot:
    """`count` variants, each with stock."""
    location = await make_location(tx)
    bodies = variants(grid(count), count)
    product = await make_product(tx, options=grid(count), variants=bodies, status="published")
    depot = Depot(tx, location, await make_option(tx), product.variant_ids)
    for one in product.variant_ids:
        depot.item_ids.append(await item_of(tx, one))
        await make_level(tx, depot.item_ids[-1], location, stocked=stocked)
    return depot


async def post(admin: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    """The response to an admin's request, which must succeed."""
    return good(await admin.post(f"/admin/{path}", json=body))


async def fulfill(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> dict[str, Any]:
    """The fulfillment of one unit of each line."""
    body = {"items": depot.units(order), "location_id": depot.location_id}
    path = f"orders/{order.id}/fulfillments?fields=id,*fulfillments"
    return (await post(admin, path, **body))["order"]["fulfillments"][0]
