"""What is unlinked or deleted is found no more: by its filter alone, nor beside others."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx
import pytest

from merx.core.database import Transaction
from merx.links import GRAPH
from tests.answers import good
from tests.factories.keys import make_key
from tests.factories.products import (
    make_location,
    make_product,
    make_sales_channel,
    prices,
    variant,
)
from tests.factories.taxes import make_customer, make_customer_group

Body = dict[str, Any]
Make = Callable[[httpx.AsyncClient, Transaction], Awaitable[str]]


class Request(NamedTuple):
    """`{near}` and `{far}` stand for ids; without a body it deletes."""

    path: str
    body: Any = None


class Case(NamedTuple):
    """Rows of a list, another row by which they are filtered, what links both and what parts them
    again; most lists can be filtered by id as well."""

    listed: str
    filter: str
    near: Make
    far: Make
    link: Request
    part: Request
    by_id: str = "id"


async def product(admin: httpx.AsyncClient, tx: Transaction) -> str:
    return (await make_product(tx, variants=[variant(prices=prices(usd=10))])).id


async def plain_product(admin: httpx.AsyncClient, tx: Transaction) -> str:
    return (await make_product(tx)).id


async def channel(admin: httpx.AsyncClient, tx: Transaction) -> str:
    return await make_sales_channel(tx)


async def location(admin: httpx.AsyncClient, tx: Transaction) -> str:
    return await make_location(tx)


async def customer(admin: httpx.AsyncClient, tx: Transaction) -> str:
    return await make_customer(tx, "ann@home.test")


async def group(admin: httpx.AsyncClient, tx: Transaction) -> str:
    return await make_customer_group(tx, "Gold")


async def key(admin: httpx.AsyncClient, tx: Transaction) -> str:
    return (await make_key(tx))[0]


async def provider(admin: httpx.AsyncClient, tx: Transaction) -> str:
    return "manual_manual"


def posted(path: str, **body: Any) -> Make:
    """What such a request makes."""

    async def make(admin: httpx.AsyncClient, tx: Transaction) -> str:
        [row] = good(await admin.post(f"/admin/{path}", json=body)).values()
        return row["id"]

    return make


tag = posted("product-tags", value="new")
category = posted("product-categories", name="Shirts")
collection = posted("collections", title="Spring")
kind = posted("product-types", value="Toy")
option = posted("product-options", title="Size", values=["S"])
sale = posted("price-lists", title="Sale", description="", status="active")


def of_product(**fields: Any) -> Request:
    return Request("products/{near}", fields)


def members(path: str, *, near: bool = False, add: bool) -> Request:
    """One of both joins or leaves the other."""
    held, holder = ("{far}", "near") if near else ("{near}", "far")
    filled = path.replace("{}", f"{{{holder}}}")
    return Request(filled, {"add" if add else "remove": [held]})


def gone(path: str) -> Request:
    return Request(f"{path}/{{far}}")


IN_TAG = ("products", "tag_id", product, tag, of_product(tags=[{"id": "{far}"}]))
IN_CATEGORY = (
    *("products", "category_id", product, category),
    members("product-categories/{}/products", add=True),
)
IN_CHANNEL = (
    *("products", "sales_channel_id", product, channel),
    members("sales-channels/{}/products", add=True),
)
IN_COLLECTION = (
    *("products", "collection_id", product, collection),
    members("collections/{}/products", add=True),
)
OF_TYPE = ("products", "type_id", product, kind, of_product(type_id="{far}"))
WITH_OPTION = (
    *("products", "option_id", plain_product, option),
    members("products/{}/options/batch", near=True, add=True),
)
IN_GROUP = (
    *("customers", "groups", customer, group),
    members("customer-groups/{}/customers", add=True),
)
OF_CUSTOMER = (
    *("customer-groups", "customers", group, customer),
    members("customers/{}/customer-groups", add=True),
)
SERVING = (
    *("stock-locations", "sales_channel_id", location, channel),
    members("stock-locations/{}/sales-channels", near=True, add=True),
)
SERVED = (
    *("sales-channels", "location_id", channel, location),
    members("stock-locations/{}/sales-channels", add=True),
)
OPENED = (
    *("sales-channels", "publishable_key_id", channel, key),
    members("api-keys/{}/sales-channels", add=True),
)
DELIVERING = (
    *("fulfillment-providers", "stock_location_id", provider, location),
    members("stock-locations/{}/fulfillment-providers", add=True),
)
CASES = {
    "a tag": Case(*IN_TAG, of_product(tags=[])),
    "a deleted tag": Case(*IN_TAG, gone("product-tags")),
    "a category": Case(*IN_CATEGORY, members("product-categories/{}/products", add=False)),
    "a category, of the product": Case(*IN_CATEGORY, of_product(categories=[])),
    "a deleted category": Case(*IN_CATEGORY, gone("product-categories")),
    "a channel": Case(*IN_CHANNEL, members("sales-channels/{}/products", add=False)),
    "a channel, of the product": Case(*IN_CHANNEL, of_product(sales_channels=[])),
    "a deleted channel": Case(*IN_CHANNEL, gone("sales-channels")),
    "a collection": Case(*IN_COLLECTION, members("collections/{}/products", add=False)),
    "a deleted collection": Case(*IN_COLLECTION, gone("collections")),
    "a type": Case(*OF_TYPE, of_product(type_id=None)),
    "a deleted type": Case(*OF_TYPE, gone("product-types")),
    "an option": Case(*WITH_OPTION, members("products/{}/options/batch", near=True, add=False)),
    "a group": Case(*IN_GROUP, members("customer-groups/{}/customers", add=False)),
    "a deleted group": Case(*IN_GROUP, gone("customer-groups")),
    "a customer": Case(*OF_CUSTOMER, members("customers/{}/customer-groups", add=False)),
    "a deleted customer": Case(*OF_CUSTOMER, gone("customers")),
    "a channel of a location": Case(
        *SERVING, members("stock-locations/{}/sales-channels", near=True, add=False)
    ),
    "a deleted channel of a location": Case(*SERVING, gone("sales-channels")),
    "a location": Case(*SERVED, members("stock-locations/{}/sales-channels", add=False)),
    "a deleted location": Case(*SERVED, gone("stock-locations")),
    "a key": Case(*OPENED, members("api-keys/{}/sales-channels", add=False)),
    "a provider's location": Case(
        *DELIVERING, members("stock-locations/{}/fulfillment-providers", add=False)
    ),
    "a provider's deleted location": Case(*DELIVERING, gone("stock-locations")),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_is_parted_is_found_no_more(
    admin: httpx.AsyncClient, tx: Transaction, name: str
) -> None:
    case = CASES[name]
    ids = {"near": await case.near(admin, tx), "far": await case.far(admin, tx)}
    near, query = ids["near"], {case.filter: ids["far"]}

    async def found() -> list[bool]:
        # The filter leads the first read; the second checks it on a row found by its id.
        return [
            near in [row["id"] for row in rows]
            for more in ({}, {case.by_id: near})
            for rows in [await listed(admin, case.listed, query | more)]
        ]

    assert await found() == [False, False]
    await send(admin, case.link, ids)
    assert await found() == [True, True]
    await send(admin, case.part, ids)
    assert await found() == [False, False]
    if case.part.body is None:
        assert await joins_of(tx, ids["far"]) == []


async def joins_of(tx: Transaction, row_id: str) -> list[str]:
    """The join tables that still link a row."""
    every = {r.via for entity in GRAPH for r in entity.relations.values() if r.via is not None}
    found = set[str]()
    for join in every:
        live = " AND deleted_at IS NULL" * join.soft
        query = f'SELECT true FROM "{join.table}" WHERE {join.near} = $1{live} LIMIT 1'
        if await tx.fetchval(query, row_id):
            found.add(f"{join.table}.{join.near}")
    return sorted(found)


async def listed(admin: httpx.AsyncClient, path: str, query: dict[str, str]) -> list[Body]:
    answer = good(await admin.get(f"/admin/{path}", params={**query, "fields": "id"}))
    rows = next(rows for rows in answer.values() if isinstance(rows, list))
    assert answer["count"] == len(rows)
    return rows


async def send(admin: httpx.AsyncClient, request: Request, ids: dict[str, str]) -> None:
    path = f"/admin/{request.path.format(**ids)}"
    if request.body is None:
        good(await admin.delete(path))
    else:
        good(await admin.post(path, json=filled(request.body, ids)))


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: filled(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, ids) for each in value]
    return value.format(**ids) if isinstance(value, str) else value
