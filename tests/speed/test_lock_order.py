"""The order in which requests lock rows: two that lock the same ones agree on it.

A changed order is a deadlock between what is changed and what is not. Here stands, for each, which
tables are locked after which others, so that a change is a decision.
"""

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from merx.modules.product.schemas import BatchLinks
from merx.workflows.catalogue.link_inventory import change_links_of
from tests.factories.depots import Depot, make_depot, post
from tests.factories.options import make_option
from tests.factories.orders import MadeOrder
from tests.statements import Statements

STRENGTH = re.compile(r"\bFOR (NO KEY UPDATE|UPDATE|SHARE|KEY SHARE)\b")
TABLE = re.compile(r'\b(?:FROM|JOIN) "?([a-z_]+)"?')


def locks(texts: list[str]) -> list[str]:
    """The tables whose rows the statements lock, in order, and how."""
    return [
        f"{TABLE.findall(text[: found.start()])[-1]} {found[1]}"
        for text in texts
        for found in STRENGTH.finditer(text)
    ]


@dataclass
class Stocked:
    """Variants in stock, an order of them, and an option that their product uses."""

    depot: Depot
    order: MadeOrder
    product: str
    option: str
    elsewhere: str


@pytest.fixture
async def shop(tx: Transaction, admin: httpx.AsyncClient) -> Stocked:
    depot = await make_depot(tx, 2)
    product = await tx.fetchval("SELECT id FROM product")
    option = (await make_option(tx, "Form", "S")).id
    await post(admin, f"products/{product}/options/batch", add=[option])
    elsewhere = (await post(admin, "stock-locations", name="Elsewhere"))["stock_location"]["id"]
    return Stocked(depot, await depot.order(2), product, option, elsewhere)


Wanted = tuple[str, str, Any]


def rename_an_option(shop: Stocked) -> Wanted:
    return "POST", f"product-options/{shop.option}", {"title": "Shape"}


def change_options_of_a_product(shop: Stocked) -> Wanted:
    return "POST", f"products/{shop.product}/options/batch", {"remove": [shop.option]}


def change_variants(shop: Stocked) -> Wanted:
    rows = [{"id": one, "title": "New"} for one in shop.depot.variant_ids]
    return "POST", f"products/{shop.product}/variants/batch", {"update": rows}


def change_links(shop: Stocked, how: str = "update") -> Wanted:
    pairs = zip(shop.depot.variant_ids, shop.depot.item_ids, strict=True)
    rows = [
        {"variant_id": one, "inventory_item_id": item, "required_quantity": 2}
        for one, item in pairs
    ]
    return "POST", f"products/{shop.product}/variants/inventory-items/batch", {how: rows}


def create_links(shop: Stocked) -> Wanted:
    return change_links(shop, "create")


def fulfill(shop: Stocked) -> Wanted:
    body = {"items": shop.depot.units(shop.order), "location_id": shop.depot.location_id}
    return "POST", f"orders/{shop.order.id}/fulfillments", body


def reserve(shop: Stocked) -> Wanted:
    place = {"inventory_item_id": shop.depot.item_ids[0], "location_id": shop.depot.location_id}
    return "POST", "reservations", {**place, "quantity": 1}


def stock_elsewhere(shop: Stocked) -> Wanted:
    body = {"location_id": shop.elsewhere, "stocked_quantity": 1}
    return "POST", f"inventory-items/{shop.depot.item_ids[0]}/location-levels", body


def cancel_an_order(shop: Stocked) -> Wanted:
    return "POST", f"orders/{shop.order.id}/cancel", {}


def begin_a_return(shop: Stocked) -> Wanted:
    return "POST", "returns", {"order_id": shop.order.id}


def begin_an_edit(shop: Stocked) -> Wanted:
    return "POST", "order-edits", {"order_id": shop.order.id}


def delete_a_variant(shop: Stocked) -> Wanted:
    return "DELETE", f"products/{shop.product}/variants/{shop.depot.variant_ids[0]}", None


def delete_a_product(shop: Stocked) -> Wanted:
    return "DELETE", f"products/{shop.product}", None


def delete_a_location(shop: Stocked) -> Wanted:
    return "DELETE", f"stock-locations/{shop.elsewhere}", None


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (rename_an_option, ["product SHARE", "product_option UPDATE"]),
        (
            change_options_of_a_product,
            ["product NO KEY UPDATE", "product_option UPDATE", "product_option UPDATE"],
        ),
        (change_variants, ["product SHARE", "product_variant NO KEY UPDATE"]),
        (change_links, ["product SHARE", "product_variant NO KEY UPDATE"]),
        (create_links, ["product SHARE", "product_variant NO KEY UPDATE", "inventory_item SHARE"]),
        (
            fulfill,
            [
                "order NO KEY UPDATE",
                "reservation_item UPDATE",
                "inventory_level NO KEY UPDATE",
                "stock_location SHARE",
            ],
        ),
        (reserve, ["inventory_level NO KEY UPDATE"]),
        (stock_elsewhere, ["inventory_item SHARE", "stock_location SHARE"]),
        (
            cancel_an_order,
            [
                "payment NO KEY UPDATE",
                "order NO KEY UPDATE",
                "reservation_item UPDATE",
                "inventory_level NO KEY UPDATE",
            ],
        ),
        (begin_a_return, ["order NO KEY UPDATE", "order NO KEY UPDATE", "order NO KEY UPDATE"]),
        (
            begin_an_edit,
            [
                "order NO KEY UPDATE",
                "order NO KEY UPDATE",
                "order NO KEY UPDATE",
                "order NO KEY UPDATE",
            ],
        ),
        (
            delete_a_variant,
            [
                "product SHARE",
                "product_variant UPDATE",
                "inventory_item NO KEY UPDATE",
                "inventory_level UPDATE",
            ],
        ),
        (
            delete_a_product,
            [
                "product UPDATE",
                "product_variant UPDATE",
                "inventory_item NO KEY UPDATE",
                "inventory_level UPDATE",
            ],
        ),
        (delete_a_location, ["stock_location NO KEY UPDATE"]),
    ],
)
async def test_rows_are_locked_in_one_order(
    admin: httpx.AsyncClient,
    statements: Statements,
    shop: Stocked,
    what: Any,
    expected: list[str],
) -> None:
    method, path, body = what(shop)
    if method == "DELETE":
        # What is reserved cannot be deleted.
        await post(admin, f"orders/{shop.order.id}/cancel")

    taken = await statements.all_of(admin.request(method, f"/admin/{path}", json=body))

    assert locks(taken) == expected


async def test_links_of_several_products_are_locked_in_the_same_order(
    tx: Transaction, shop: Stocked
) -> None:
    """As a bulk job changes them."""
    depot, texts = shop.depot, list[str]()
    row = {"variant_id": depot.variant_ids[0], "inventory_item_id": depot.item_ids[1]}
    links = BatchLinks.model_validate({"create": [{**row, "required_quantity": 1}]})

    with tx.query_logger(lambda query: texts.append(query.query)):
        await change_links_of(tx, {depot.variant_ids[0]: shop.product}, links)

    assert locks(texts) == [
        "product SHARE",
        "product_variant NO KEY UPDATE",
        "inventory_item SHARE",
    ]
