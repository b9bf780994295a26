"""/admin/product-variants: variants of all products, their stock and what they are filtered by."""

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.products import (
    item_of,
    link,
    make_item,
    make_location,
    make_product,
    make_sales_channel,
    make_variant,
    prices,
    variant,
)
from tests.factories.stock import make_level

PATH = "/admin/product-variants"


async def quantities(
    admin: httpx.AsyncClient, path: str = PATH, **query: str
) -> dict[str, float | None]:
    """The inventory quantity of each variant by its title; None where the key is left out."""
    asked = {"fields": "title,inventory_quantity", **query}
    answer = good(await admin.get(path, params=asked))
    return {row["title"]: row.get("inventory_quantity") for row in answer["variants"]}


async def test_the_quantity_counts_what_is_free_at_all_locations(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(tx)
    item = await item_of(tx, await make_variant(tx, product.id, "Two places"))
    await make_variant(tx, product.id, "Nowhere")
    await make_variant(tx, product.id, "Not counted", manage_inventory=False)
    for name, stocked, reserved in (("Here", 10, 4), ("There", 5, 0)):
        await make_level(
            tx, item, await make_location(tx, name), stocked=stocked, reserved=reserved
        )

    assert await quantities(admin) == {"Two places": 11, "Nowhere": 0, "Not counted": None}


async def test_the_scarcest_item_of_a_kit_decides(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(tx)
    kit = await make_variant(tx, product.id, "Kit")
    here = await make_location(tx)
    for required, stocked in ((1, 90), (4, 30), (2.5, 20)):
        item = await make_item(tx)
        await link(tx, product.id, kit, item, required)  # type: ignore[arg-type]
        await make_level(tx, item, here, stocked=stocked)
    await make_level(tx, await item_of_first(tx, kit), here, stocked=100)

    assert await quantities(admin) == {"Kit": 7}


async def test_the_quantity_in_a_sales_channel_counts_its_locations(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(tx)
    kit = await make_variant(tx, product.id, "Kit")
    items = [await item_of(tx, kit), await make_item(tx)]
    await link(tx, product.id, kit, items[1], 2)
    here, there, web = (
        await make_location(tx),
        await make_location(tx),
        await make_sales_channel(tx),
    )
    for item, place, stocked in ((0, here, 4), (0, there, 9), (1, here, 20), (1, there, 3)):
        await make_level(tx, items[item], place, stocked=stocked)
    await admin.post(f"/admin/stock-locations/{here}/sales-channels", json={"add": [web]})
    other = await make_sales_channel(tx)

    lists = (PATH, f"/admin/products/{product.id}/variants")
    found = [await quantities(admin, sales_channel_id=web, path=path) for path in lists]

    assert found == [{"Kit": 4}] * 2
    assert await quantities(admin) == {"Kit": 11}
    assert await quantities(admin, sales_channel_id=other) == {"Kit": 0}
    assert await quantities(admin, sales_channel_id=f"{web},{other}") == {"Kit": 4}


async def test_products_of_a_sales_channel_show_what_can_be_sold_there(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    web = await make_sales_channel(tx)
    product = await make_product(tx)
    item = await item_of(tx, await make_variant(tx, product.id))
    await admin.post(f"/admin/sales-channels/{web}/products", json={"add": [product.id]})
    here, there = await make_location(tx), await make_location(tx)
    await make_level(tx, item, here, stocked=4)
    await make_level(tx, item, there, stocked=5)
    await admin.post(f"/admin/stock-locations/{here}/sales-channels", json={"add": [web]})

    query = {"sales_channel_id[]": web, "fields": "variants.inventory_quantity"}
    [found] = good(await admin.get("/admin/products", params=query))["products"]

    assert [variant["inventory_quantity"] for variant in found["variants"]] == [4]


async def item_of_first(tx: Transaction, variant_id: str) -> str:
    """The item that was made together with the variant."""
    return await tx.fetchval(
        "SELECT inventory_item_id FROM product_variant_inventory_item"
        " WHERE variant_id = $1 ORDER BY id LIMIT 1",
        variant_id,
    )


async def test_an_item_that_is_nowhere_leaves_no_kit(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(tx)
    kit = await make_variant(tx, product.id, "Kit")
    await make_level(tx, await item_of(tx, kit), await make_location(tx), stocked=100)
    await link(tx, product.id, kit, await make_item(tx))

    assert await quantities(admin) == {"Kit": 0}


async def test_more_reserved_than_stocked_shows_below_zero(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(tx)
    item = await item_of(tx, await make_variant(tx, product.id, "Oversold"))
    await make_level(tx, item, await make_location(tx), stocked=1, reserved=3)

    assert await quantities(admin) == {"Oversold": -2}


async def test_stock_and_reservations_are_reached_from_the_variant(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(tx)
    item = await item_of(tx, await make_variant(tx, product.id, "One"))
    here = await make_location(tx, "Here")
    await make_level(tx, item, here, stocked=5, reserved=2)
    below = "inventory_items.inventory"
    fields = (
        f"{below}.stocked_quantity,{below}.reserved_quantity,"
        f"{below}.location_levels.available_quantity,"
        f"{below}.location_levels.stock_locations.name,{below}.reservation_items.quantity"
    )

    [found] = good(await admin.get(PATH, params={"fields": fields}))["variants"]

    inventory = found["inventory_items"][0]["inventory"]
    assert (inventory["stocked_quantity"], inventory["reserved_quantity"]) == (5, 2)
    [level] = inventory["location_levels"]
    assert level["available_quantity"] == 3
    assert [place["name"] for place in level["stock_locations"]] == ["Here"]
    assert [hold["quantity"] for hold in inventory["reservation_items"]] == [2]


async def test_filters_join_across_products(admin: httpx.AsyncClient, tx: Transaction) -> None:
    shirt = await make_product(tx, "Shirt", variants=[variant("S", sku="A"), variant("M")])
    shoe = await make_product(tx, "Shoe", variants=[variant("39", sku="B", allow_backorder=True)])
    asked = {
        "sku[]": ["A", "B"],
        "$or[0][allow_backorder]": "true",
        "$or[1][id]": shirt.variant_ids[0],
        "order": "-product.title,title",
        "fields": "title,product.title",
    }

    answer = good(await admin.get(PATH, params=asked))

    assert [(row["title"], row["product"]["title"]) for row in answer["variants"]] == [
        ("39", "Shoe"),
        ("S", "Shirt"),
    ]
    assert answer["count"] == 2
    assert answer["variants"][0]["id"] == shoe.variant_ids[0]


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("product_id", id="a column that is no filter"),
        pytest.param("prices[amount]", id="a relation"),
        pytest.param("$not[sku]", id="an operator that stands inside"),
        pytest.param("price_set_id", id="a hidden column"),
    ],
)
async def test_an_unknown_filter_is_refused_by_name(admin: httpx.AsyncClient, key: str) -> None:
    answer = await admin.get(PATH, params={key: "x"})

    assert refused(answer) == f"Invalid request: Unrecognized fields: '{key.split('[')[0]}'"


async def test_hidden_columns_are_not_shown(admin: httpx.AsyncClient, tx: Transaction) -> None:
    product = await make_product(tx)
    options = {"Color": "Blue"}
    await make_variant(tx, product.id, prices=prices(usd=1), options=options)

    answer = good(
        await admin.get(PATH, params={"fields": "*,price_set_id,option_key,prices.price_set.id"})
    )

    assert not {"price_set_id", "option_key", "price_set"} & set(answer["variants"][0])
