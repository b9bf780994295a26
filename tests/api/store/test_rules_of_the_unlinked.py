"""Prices and promotions forget what products and customers no longer belong to."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from merx.settings import Settings
from tests.answers import good
from tests.factories.customers import Buyer, make_buyer
from tests.factories.products import Made
from tests.factories.promotions import make_promotion
from tests.factories.shop import Shop, make_cart, make_goods, make_shop

# What a rule is about: how a thing is made, linked and parted from the product or the customer.
TAG = ("product-tags", {"value": "new"})
CATEGORY = ("product-categories", {"name": "Shirts"})
COLLECTION = ("collections", {"title": "Spring"})
TYPE = ("product-types", {"value": "Toy"})
GROUP = ("customer-groups", {"name": "Gold"})
OF_PRODUCT, OF_CUSTOMER = "products/{product}", "customers/{customer}/customer-groups"
DELETED = None
PARTED: dict[str, tuple[str, tuple[str, dict[str, str]], dict[str, Any], Any]] = {
    "tag": (
        "items.product.tags.id",
        TAG,
        {OF_PRODUCT: {"tags": [{"id": "{thing}"}]}},
        {OF_PRODUCT: {"tags": []}},
    ),
    "deleted tag": (
        "items.product.tags.id",
        TAG,
        {OF_PRODUCT: {"tags": [{"id": "{thing}"}]}},
        DELETED,
    ),
    "category": (
        "items.product.categories.id",
        CATEGORY,
        {"product-categories/{thing}/products": {"add": ["{product}"]}},
        {"product-categories/{thing}/products": {"remove": ["{product}"]}},
    ),
    "deleted category": (
        "items.product.categories.id",
        CATEGORY,
        {"product-categories/{thing}/products": {"add": ["{product}"]}},
        DELETED,
    ),
    "collection": (
        "items.product.collection_id",
        COLLECTION,
        {"collections/{thing}/products": {"add": ["{product}"]}},
        {"collections/{thing}/products": {"remove": ["{product}"]}},
    ),
    "deleted collection": (
        "items.product.collection_id",
        COLLECTION,
        {"collections/{thing}/products": {"add": ["{product}"]}},
        DELETED,
    ),
    "deleted type": (
        "items.product.type_id",
        TYPE,
        {OF_PRODUCT: {"type_id": "{thing}"}},
        DELETED,
    ),
    "group": (
        "customer.groups.id",
        GROUP,
        {OF_CUSTOMER: {"add": ["{thing}"]}},
        {OF_CUSTOMER: {"remove": ["{thing}"]}},
    ),
    "deleted group": (
        "customer.groups.id",
        GROUP,
        {OF_CUSTOMER: {"add": ["{thing}"]}},
        DELETED,
    ),
}


class Desk:
    """An admin who links and parts; `ids` are those of the product, the customer, the thing."""

    def __init__(self, admin: httpx.AsyncClient, **ids: str) -> None:
        self._admin = admin
        self.ids = ids

    async def make(self, path: str, body: dict[str, str]) -> str:
        [row] = good(await self._admin.post(f"/admin/{path}", json=body)).values()
        self.ids["thing"] = row["id"]
        return row["id"]

    async def post(self, requests: dict[str, Any]) -> None:
        for path, body in requests.items():
            good(await self._admin.post(f"/admin/{self.filled(path)}", json=self.filled(body)))

    async def delete(self, path: str) -> None:
        good(await self._admin.delete(f"/admin/{path}/{self.ids['thing']}"))

    def filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        return value.format(**self.ids)


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    return await make_shop(tx, rate=None)


@pytest.fixture
async def shirt(tx: Transaction, shop: Shop) -> Made:
    """For 10 euros."""
    return await make_goods(tx, shop, "Shirt", 10)


@pytest.fixture
async def buyer(tx: Transaction) -> Buyer:
    return await make_buyer(tx)


@pytest.fixture
def desk(admin: httpx.AsyncClient, shirt: Made, buyer: Buyer) -> Desk:
    return Desk(admin, product=shirt.id, customer=buyer.id)


@pytest.fixture
def shopper(
    client: httpx.AsyncClient, shop: Shop, buyer: Buyer, settings: Settings
) -> httpx.AsyncClient:
    """The customer, in the shop's channel."""
    client.headers.update(buyer.headers(settings) | shop.headers)
    return client


@pytest.mark.parametrize("name", PARTED)
async def test_a_promotion_ends_for_what_no_longer_meets_its_rule(
    admin: httpx.AsyncClient, shopper: httpx.AsyncClient, shop: Shop, desk: Desk, name: str
) -> None:
    attribute, (path, body), link, part = PARTED[name]
    rule = {"attribute": attribute, "operator": "in", "values": [await desk.make(path, body)]}
    rules = {"rules": [rule]} if path == GROUP[0] else {"method": {"target_rules": [rule]}}
    await make_promotion(admin, "TEN", is_automatic=True, **rules)
    cart = await make_cart(shopper, shop, ("Shirt", 1))
    assert cart["discount_total"] == 0

    async def discount() -> float:
        answer = await shopper.post(f"/store/carts/{cart['id']}", json={"metadata": {"a": 1}})
        return good(answer)["cart"]["discount_total"]

    await desk.post(link)
    assert await discount() == 1
    await (desk.delete(path) if part is DELETED else desk.post(part))
    assert await discount() == 0


LEAVING = {
    "the group": {OF_CUSTOMER: {"remove": ["{thing}"]}},
    "the customer": {"customer-groups/{thing}/customers": {"remove": ["{customer}"]}},
    "the rule": {"price-lists/{list}": {"rules": {"customer.groups.id": ["{other}"]}}},
    "the list": {"price-lists/{list}": {"status": "draft"}},
    "the product": {"price-lists/{list}/products": {"remove": ["{product}"]}},
    "deleted": DELETED,
}


@pytest.mark.parametrize("name", LEAVING)
async def test_a_price_of_a_group_ends_with_what_gave_it(
    admin: httpx.AsyncClient,
    shopper: httpx.AsyncClient,
    shop: Shop,
    shirt: Made,
    desk: Desk,
    name: str,
) -> None:
    desk.ids["other"] = await desk.make(GROUP[0], {"name": "Silver"})
    group = await desk.make(*GROUP)
    row = {"variant_id": shirt.variant_ids[0], "currency_code": "eur", "amount": 4}
    sale = {"title": "Gold", "description": "", "status": "active", "prices": [row]}
    sale["rules"] = {"customer.groups.id": [group]}
    made = good(await admin.post("/admin/price-lists", json=sale))
    desk.ids["list"] = made["price_list"]["id"]

    async def paid() -> list[float]:
        """In the window, and in a new cart."""
        query = {"region_id": shop.region_id, "fields": "*variants.calculated_price"}
        shown = good(await shopper.get(f"/store/products/{shirt.id}", params=query))["product"]
        price = shown["variants"][0]["calculated_price"]["calculated_amount"]
        cart = await make_cart(shopper, shop, ("Shirt", 1))
        return [price, cart["items"][0]["unit_price"]]

    assert await paid() == [10, 10]
    await desk.post({OF_CUSTOMER: {"add": ["{thing}"]}})
    assert await paid() == [4, 4]
    part = LEAVING[name]
    await (desk.delete(GROUP[0]) if part is DELETED else desk.post(part))
    assert await paid() == [10, 10]
