"""`calculated_price` of variants for a currency or a region."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import Request

from merx.api.admin.products.resources import PRODUCT
from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.web.queries import read_query
from tests.answers import good, refused
from tests.factories.catalogue import (
    make_category,
    make_collection,
    make_region,
    prefer_tax_inclusive,
)
from tests.factories.products import Made, make_product, make_sales_channel, prices, variant
from tests.factories.taxes import make_customer_group

MISSING = "Method calculatePrices requires currency_code in the pricing context"
KEYS = {
    "id", "is_calculated_price_price_list", "is_calculated_price_tax_inclusive",
    "calculated_amount", "raw_calculated_amount", "calculated_amount_with_tax",
    "calculated_amount_without_tax", "is_original_price_price_list",
    "is_original_price_tax_inclusive", "original_amount", "raw_original_amount",
    "original_amount_with_tax", "original_amount_without_tax", "currency_code",
    "calculated_price", "original_price",
}  # fmt: skip


async def calculated(admin: httpx.AsyncClient, made: Made, **context: str) -> Any:
    """The calculated price of a product's only variant."""
    query = {"fields": "*variants.calculated_price,id", **context}
    answer = good(await admin.get(f"/admin/products/{made.id}", params=query))
    return answer["product"]["variants"][0]["calculated_price"]


async def sold_for(tx: Transaction, *rows: Any) -> Made:
    """A product whose only variant has these prices."""
    return await make_product(tx, variants=[variant(prices=list(rows))])


@pytest.mark.parametrize(
    "fields", ["calculated_price", "+calculated_price", "calculated_price,sku"]
)
async def test_a_price_named_in_passing_is_null_without_a_currency(
    admin: httpx.AsyncClient, tx: Transaction, fields: str
) -> None:
    """The reference leaves it out; a client that sends its list of fields must not be refused."""
    await sold_for(tx, *prices(usd=10.5))

    answer = good(await admin.get("/admin/product-variants", params={"fields": fields}))

    assert [row["calculated_price"] for row in answer["variants"]] == [None]


async def test_the_price_in_the_currency_is_shown_with_all_its_keys(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await sold_for(tx, *prices(usd=10.5, eur=9))

    price = await calculated(admin, made, currency_code="usd")

    assert set(price) == KEYS
    assert (price["calculated_amount"], price["original_amount"]) == (10.5, 10.5)
    assert price["currency_code"] == "usd"
    assert price["raw_calculated_amount"]["value"] == "10.5"
    assert price["is_calculated_price_price_list"] is False
    assert set(price["calculated_price"]) == {
        "id", "price_list_id", "price_list_type", "min_quantity", "max_quantity",
    }  # fmt: skip


async def test_a_region_gives_its_currency(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = await sold_for(tx, *prices(usd=10, eur=9))
    region = await make_region(tx, "eur")

    price = await calculated(admin, made, region_id=region)

    assert (price["calculated_amount"], price["currency_code"]) == (9, "eur")


async def test_a_price_of_the_region_beats_a_plain_one_even_a_lower(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    region, other = await make_region(tx, "eur"), await make_region(tx, "eur", "Other")
    vip = await make_customer_group(tx, "VIP")
    made = await sold_for(
        tx,
        *prices(eur=5),
        {**prices(eur=7)[0], "rules": {"region_id": region}},
        {**prices(eur=1)[0], "rules": {"region_id": other}},
        {**prices(eur=2)[0], "rules": {"region_id": region, "customer_group_id": vip}},
    )

    assert (await calculated(admin, made, region_id=region))["calculated_amount"] == 7
    assert (await calculated(admin, made, currency_code="eur"))["calculated_amount"] == 5


async def test_a_price_for_more_pieces_is_not_the_price_of_one(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await sold_for(
        tx,
        {**prices(eur=1)[0], "min_quantity": 2},
        {**prices(eur=3)[0], "max_quantity": 10},
        {**prices(eur=4)[0], "min_quantity": 1, "max_quantity": 1},
    )

    price = await calculated(admin, made, currency_code="eur")

    assert price["calculated_amount"] == 3
    assert price["calculated_price"]["max_quantity"] == 10


async def test_the_currency_is_taken_in_any_case(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = await sold_for(tx, *prices(eur=9))

    assert (await calculated(admin, made, currency_code="EUR"))["calculated_amount"] == 9


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({"currency_code": "jpy"}, id="a currency without a price"),
        pytest.param({"currency_code": "zzz"}, id="no currency"),
        pytest.param({"currency_code": ""}, id="an empty currency"),
        pytest.param({"region_id": "reg_none"}, id="no region"),
    ],
)
async def test_without_a_fitting_price_there_is_none(
    admin: httpx.AsyncClient, tx: Transaction, context: dict[str, str]
) -> None:
    made = await sold_for(tx, *prices(eur=9))

    assert await calculated(admin, made, **context) is None


async def test_whether_tax_is_in_the_price_is_a_preference_of_its_region_or_its_currency(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    region, other = await make_region(tx, "usd"), await make_region(tx, "usd", "Other")
    bound = {**prices(usd=10)[0], "rules": {"region_id": region}}
    made = await sold_for(tx, *prices(eur=9, usd=10), bound)
    await prefer_tax_inclusive(tx, "currency_code", "eur")
    await prefer_tax_inclusive(tx, "region_id", region)
    await prefer_tax_inclusive(tx, "region_id", other)

    euro = await calculated(admin, made, currency_code="eur")
    dollar = await calculated(admin, made, currency_code="usd")
    in_region = await calculated(admin, made, region_id=region)
    in_other = await calculated(admin, made, region_id=other)

    found = (euro, dollar, in_region, in_other)
    inclusive = [price["is_calculated_price_tax_inclusive"] for price in found]
    assert inclusive == [True, False, True, False]


async def test_deleted_prices_do_not_count(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = await sold_for(tx, *prices(eur=9))
    path = f"/admin/products/{made.id}/variants/{made.variant_ids[0]}"
    good(await admin.post(path, json={"prices": prices(usd=1)}))

    assert await calculated(admin, made, currency_code="eur") is None


@pytest.mark.parametrize(
    "fields", ["*variants.calculated_price", "variants.calculated_price.calculated_amount",
               "id,*variants.product.variants.calculated_price"]
)  # fmt: skip
async def test_without_a_context_the_currency_is_asked_for(
    admin: httpx.AsyncClient, tx: Transaction, fields: str
) -> None:
    made = await sold_for(tx)

    one = await admin.get(f"/admin/products/{made.id}", params={"fields": fields})
    page = await admin.get("/admin/products", params={"fields": fields})

    explained = await admin.get(
        f"/admin/products/{made.id}/variants/{made.variant_ids[0]}/price-explanation"
    )

    assert refused(one) == MISSING
    assert refused(page) == MISSING
    assert refused(explained) == MISSING


async def test_where_no_price_applies_each_is_explained(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    bound = {"currency_code": "usd", "amount": 7, "min_quantity": 3}
    made = await sold_for(tx, *prices(eur=9), bound)
    path = f"/admin/products/{made.id}/variants/{made.variant_ids[0]}/price-explanation"

    explained = good(await admin.get(path, params={"currency_code": "usd"}))["price_explanation"]

    told = [(one["result"], one["reasons"]) for one in explained["price_candidates"]]
    assert told == [
        ("not matched", ["it holds from 3 pieces"]),
        ("not matched", ["it is in eur, not in usd"]),
    ]


@pytest.mark.parametrize("name", ["currency_code", "region_id"])
async def test_the_context_is_one_text(
    admin: httpx.AsyncClient, tx: Transaction, name: str
) -> None:
    made = await sold_for(tx)

    answer = await admin.get(f"/admin/products/{made.id}?{name}[]=eur")

    assert name in refused(answer)


@pytest.mark.parametrize("url", ["variants", "variants/one", "/admin/product-variants"])
async def test_variants_of_all_routes_have_a_price(
    admin: httpx.AsyncClient, tx: Transaction, url: str
) -> None:
    made = await sold_for(tx, *prices(eur=9))
    url = url.replace("one", made.variant_ids[0])
    url = url if url.startswith("/") else f"/admin/products/{made.id}/{url}"
    query = {"fields": "calculated_price.calculated_amount", "currency_code": "eur"}

    answer = good(await admin.get(url, params=query))

    [found] = answer["variants"] if "variants" in answer else [answer["variant"]]
    assert found["calculated_price"]["calculated_amount"] == 9


async def test_a_written_variant_is_answered_with_its_price(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(tx)
    query = {"fields": "variants.calculated_price", "currency_code": "eur"}
    path = f"/admin/products/{made.id}/variants"

    single = good(await admin.post(path, json=variant(prices=prices(eur=3)), params=query))
    batch = good(
        await admin.post(
            f"{path}/batch",
            json={"create": [variant(prices=prices(eur=4))]},
            params={"fields": "calculated_price", "currency_code": "eur"},
        )
    )

    assert single["product"]["variants"][0]["calculated_price"]["calculated_amount"] == 3
    assert batch["created"][0]["calculated_price"]["calculated_amount"] == 4


DEEP = "products.variants.calculated_price"


@pytest.mark.parametrize(
    ("url", "fields", "keys"),
    [
        ("/admin/products", "variants.calculated_price", ("products", 0, "variants")),
        ("/admin/collections", DEEP, ("collections", 0, "products", 0, "variants")),
        ("/admin/collections/{c}", DEEP, ("collection", "products", 0, "variants")),
        ("/admin/product-categories", DEEP, ("product_categories", 0, "products", 0, "variants")),
        ("/admin/sales-channels/{s}", DEEP, ("sales_channel", "products", 0, "variants")),
    ],
)
async def test_prices_are_found_however_deep_they_stand(
    admin: httpx.AsyncClient, tx: Transaction, url: str, fields: str, keys: tuple[Any, ...]
) -> None:
    collection, category = await make_collection(tx, "Hats"), await make_category(tx, "Hats")
    channel = await make_sales_channel(tx)
    await make_product(
        tx,
        collection_id=collection,
        categories=[{"id": category}],
        sales_channels=[{"id": channel}],
        variants=[variant(prices=prices(eur=9))],
    )
    query = {"fields": f"id,{fields}", "currency_code": "eur"}

    found: Any = good(await admin.get(url.format(c=collection, s=channel), params=query))

    for key in keys:
        found = found[key]
    assert found[0]["calculated_price"]["calculated_amount"] == 9


async def test_created_and_batched_products_are_answered_with_prices(
    admin: httpx.AsyncClient,
) -> None:
    body = {
        "title": "Hat",
        "options": [{"title": "Size", "values": ["S"]}],
        "variants": [variant(options={"Size": "S"}, prices=prices(eur=4))],
    }
    query = {"fields": "id,variants.calculated_price", "currency_code": "eur"}

    one = good(await admin.post("/admin/products", json=body, params=query))["product"]
    many = {"create": [{**body, "title": "Cap"}], "update": [{"id": one["id"], "title": "Hood"}]}
    both = good(await admin.post("/admin/products/batch", json=many, params=query))

    for product in (one, *both["created"], *both["updated"]):
        assert product["variants"][0]["calculated_price"]["calculated_amount"] == 4


@pytest.mark.parametrize("quantity", ["\uff11", "1_000", "many", "", "NaN", " 1", "0x1", "1e"])
async def test_a_quantity_is_a_number(
    admin: httpx.AsyncClient, tx: Transaction, quantity: str
) -> None:
    made = await sold_for(tx, *prices(eur=9))
    query = {"fields": "variants.calculated_price", "currency_code": "eur", "quantity": quantity}

    answer = await admin.get(f"/admin/products/{made.id}", params=query)

    assert "Expected type: 'number' for field 'quantity'" in refused(answer)


async def test_a_storefront_cannot_say_who_asks() -> None:
    told = {"customer_id": "cus_1", "context": {"customer.groups.id": "vip"}, "region_id": "reg_1"}
    resource = replace(PRODUCT, allowed=("id", "variants"), context=("region_id",), filters={})
    scope = {"type": "http", "path": "/", "query_string": urlencode(told).encode(), "headers": []}
    asking = Request({**scope, "server": ("shop.test", 80)})

    with pytest.raises(InvalidData, match="Unrecognized fields: 'customer_id, context'"):
        read_query(asking, resource)
