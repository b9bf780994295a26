"""What is to be paid follows rules, lists and preferences that change or go."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.catalogue import make_region
from tests.factories.products import Made, make_product, prices, variant
from tests.factories.taxes import make_customer_group

PREFERENCES = "/admin/price-preferences"


async def price_of(admin: httpx.AsyncClient, made: Made, region: str) -> dict[str, Any]:
    """The calculated price of the only variant in a region."""
    query = {"fields": "*variants.calculated_price", "region_id": region}
    answer = good(await admin.get(f"/admin/products/{made.id}", params=query))
    return answer["product"]["variants"][0]["calculated_price"]


async def amounts(admin: httpx.AsyncClient, made: Made, *regions: str) -> list[float]:
    """What is to be paid in each of the regions."""
    return [(await price_of(admin, made, one))["calculated_amount"] for one in regions]


@pytest.fixture
async def regions(tx: Transaction) -> tuple[str, str]:
    return await make_region(tx, "usd", "North"), await make_region(tx, "usd", "South")


@pytest.fixture
async def shirt(tx: Transaction) -> Made:
    """For 10 dollars."""
    return await make_product(tx, variants=[variant(prices=prices(usd=10))])


async def test_prices_whose_rule_changes_or_goes(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, regions: tuple[str, str]
) -> None:
    north, south = regions
    path = f"/admin/products/{shirt.id}/variants/{shirt.variant_ids[0]}"
    bound = {"currency_code": "usd", "amount": 7}

    async def charged(*rows: dict[str, Any]) -> list[float]:
        good(await admin.post(path, json={"prices": [*prices(usd=10), *rows]}))
        return await amounts(admin, shirt, north, south)

    assert await charged({**bound, "rules": {"region_id": north}}) == [7, 10]
    kept = await tx.fetchval("SELECT id FROM price WHERE amount = 7 AND deleted_at IS NULL")
    assert await charged({**bound, "id": kept, "rules": {"region_id": south}}) == [10, 7]
    both = [{**bound, "amount": n, "rules": {"region_id": r}} for n, r in ((6, north), (5, south))]
    assert await charged(*both) == [6, 5]
    assert await charged() == [10, 10]


async def test_prices_of_a_list_whose_rules_change_or_go(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, regions: tuple[str, str]
) -> None:
    north, south = regions
    row = {"variant_id": shirt.variant_ids[0], "currency_code": "usd", "amount": 4}
    body = {"title": "Sale", "description": "", "status": "active", "prices": [row]}
    made = good(await admin.post("/admin/price-lists", json=body))["price_list"]
    path = f"/admin/price-lists/{made['id']}"

    async def charged(**change: Any) -> list[float]:
        good(await admin.post(path, json=change))
        return await amounts(admin, shirt, north, south)

    assert await amounts(admin, shirt, north, south) == [4, 4]
    assert await charged(rules={"region_id": [north]}) == [4, 10]
    assert await charged(rules={"region_id": [south]}) == [10, 4]
    assert await charged(rules={"region_id": [north, south]}) == [4, 4]
    group = await make_customer_group(tx, "Gold")
    nobody = {"region_id": [north], "customer.groups.id": [group]}
    assert await charged(rules=nobody) == [10, 10]
    assert await charged(rules={}) == [4, 4]
    assert await charged(status="draft") == [10, 10]
    assert await charged(status="active", ends_at="2020-01-01T00:00:00Z") == [10, 10]
    assert await charged(ends_at=None, starts_at="2999-01-01T00:00:00Z") == [10, 10]
    assert await charged(starts_at=None) == [4, 4]
    good(await admin.delete(path))
    assert await amounts(admin, shirt, north, south) == [10, 10]


@pytest.mark.parametrize("attribute", ["region_id", "currency_code"])
async def test_tax_follows_a_preference_that_changes_or_goes(
    admin: httpx.AsyncClient, tx: Transaction, regions: tuple[str, str], attribute: str
) -> None:
    north, _ = regions
    bound = {"currency_code": "usd", "amount": 7, "rules": {"region_id": north}}
    of_region = [bound] if attribute == "region_id" else []
    shirt = await make_product(tx, variants=[variant(prices=[*prices(usd=10), *of_region])])
    # A region that comes brings its own.
    await tx.execute("UPDATE price_preference SET deleted_at = now()")
    value = north if attribute == "region_id" else "usd"

    async def is_inclusive() -> bool:
        return (await price_of(admin, shirt, north))["is_calculated_price_tax_inclusive"]

    made = good(await admin.post(PREFERENCES, json={"attribute": attribute, "value": value}))
    path = f"{PREFERENCES}/{made['price_preference']['id']}"
    assert await is_inclusive() is False
    good(await admin.post(path, json={"is_tax_inclusive": True}))
    assert await is_inclusive() is True
    good(await admin.post(path, json={"is_tax_inclusive": False}))
    assert await is_inclusive() is False
    good(await admin.post(path, json={"is_tax_inclusive": True}))
    good(await admin.delete(path))
    assert await is_inclusive() is False
