"""A change of a cart takes as many statements with a hundred lines as with one."""

import asyncio
from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.factories.products import grid, item_of, make_product, prices, variants
from tests.factories.shop import Shop, make_cart, make_paid_cart, make_shop
from tests.factories.stock import make_level

SIZES = (1, 100)


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    """A hundred variants of one product, each with stock, and one more."""
    shop = await make_shop(tx)
    count = max(SIZES) + 1
    bodies = variants(grid(count), count, prices=prices(eur=5))
    made = await make_product(
        tx,
        options=grid(count),
        status="published",
        sales_channels=[{"id": shop.channel_id}],
        shipping_profile_id=shop.profile_id,
        variants=bodies,
    )
    for number, variant_id in enumerate(made.variant_ids):
        shop.goods[str(number)] = variant_id
        await make_level(tx, await item_of(tx, variant_id), shop.location_id, stocked=1000)
    return shop


def own(texts: list[str]) -> list[str]:
    """The statements but those that look up the storefront's key."""
    return [text for text in texts if "api_key" not in text]


def lines(count: int) -> list[tuple[str, int]]:
    return [(str(number), 1) for number in range(count)]


async def add_a_line(client: httpx.AsyncClient, shop: Shop, count: int) -> Any:
    cart = await make_cart(client, shop, *lines(count))
    body = {"variant_id": shop.goods[str(max(SIZES))], "quantity": 1}
    return f"/store/carts/{cart['id']}/line-items", body


async def change_the_address(client: httpx.AsyncClient, shop: Shop, count: int) -> Any:
    cart = await make_cart(client, shop, *lines(count))
    return f"/store/carts/{cart['id']}", {"shipping_address": {"country_code": "de", "city": "B"}}


async def choose_a_method(client: httpx.AsyncClient, shop: Shop, count: int) -> Any:
    cart = await make_cart(client, shop, *lines(count))
    return f"/store/carts/{cart['id']}/shipping-methods", {"option_id": shop.option_id}


async def create(client: httpx.AsyncClient, shop: Shop, count: int) -> Any:
    items = [{"variant_id": shop.goods[name], "quantity": one} for name, one in lines(count)]
    return "/store/carts", {"region_id": shop.region_id, "items": items}


async def complete(client: httpx.AsyncClient, shop: Shop, count: int) -> Any:
    cart = await make_paid_cart(client, shop, *lines(count))
    return f"/store/carts/{cart['id']}/complete", {}


@pytest.mark.parametrize(
    ("request_of", "most"),
    [
        (create, 5),
        (add_a_line, 5),
        (change_the_address, 5),
        (choose_a_method, 6),
        (complete, 9),
    ],
)
async def test_a_cart_takes_as_many_statements_whatever_its_size(
    client: httpx.AsyncClient, shop: Shop, statements: Any, request_of: Any, most: int
) -> None:
    found: dict[int, int] = {}
    for size in SIZES:
        path, body = await request_of(client, shop, size)
        asked = client.post(path, json=body, headers=shop.headers)
        found[size] = len(own(await statements.all_of(asked)))

    assert found[SIZES[0]] == found[SIZES[1]], found
    assert found[SIZES[0]] <= most, found


async def test_reading_a_cart_is_one_statement(
    client: httpx.AsyncClient, shop: Shop, statements: Any
) -> None:
    cart = await make_paid_cart(client, shop, *lines(3))
    # The setup's last statement is logged in the next iteration of the event loop.
    await asyncio.sleep(0)

    asked = client.get(f"/store/carts/{cart['id']}", headers=shop.headers)

    assert len(own(await statements.all_of(asked))) == 1
