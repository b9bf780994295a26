"""Amounts with and without tax as docs/reference/prices.md words them, on generated shops."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.products import Made, make_product, variant
from tests.factories.taxes import make_region, make_tax_rate, make_tax_region

RATES = (Decimal("7.5"), Decimal(25), Decimal(0))


@dataclass(frozen=True)
class Amounts:
    """A price of the variant, perhaps for its region, and a sale that may be for it too."""

    own: Decimal
    own_is_bound: bool
    sale: Decimal | None
    sale_is_bound: bool
    by_region: bool | None
    by_currency: bool | None
    automatic_taxes: bool
    rate: Decimal
    province_rate: Decimal | None
    is_combinable: bool
    country: str | None
    province: str | None


amounts = st.builds(
    Amounts,
    own=st.decimals(10, 20, places=2),
    own_is_bound=st.booleans(),
    sale=st.none() | st.decimals(1, 9, places=2),
    sale_is_bound=st.booleans(),
    by_region=st.sampled_from([None, True, False]),
    by_currency=st.sampled_from([None, True, False]),
    automatic_taxes=st.sampled_from([True, True, False]),
    rate=st.sampled_from(RATES),
    province_rate=st.none() | st.sampled_from(RATES),
    is_combinable=st.booleans(),
    country=st.sampled_from([None, "kp", "KP", "is"]),
    province=st.sampled_from([None, "qc", "QC", "on"]),
)


def is_inclusive(case: Amounts, is_bound: bool) -> bool:
    """Whether a price includes tax."""
    if is_bound and case.by_region is not None:
        return case.by_region
    return bool(case.by_currency)


def factor(case: Amounts) -> Decimal:
    """What an amount without tax is multiplied by."""
    if not case.automatic_taxes or (case.country or "").lower() != "kp":
        return Decimal(1)
    rate = case.rate
    if case.province_rate is not None and (case.province or "").lower() == "qc":
        rate = case.province_rate + (case.rate if case.is_combinable else 0)
    return 1 + rate / 100


def expected(case: Amounts, name: str, amount: Decimal, is_bound: bool) -> dict[str, Any]:
    """The keys of the calculated or the original price."""
    inclusive, taxed = is_inclusive(case, is_bound), factor(case)
    return {
        f"{name}_amount": float(amount),
        f"{name}_amount_with_tax": float(amount if inclusive else amount * taxed),
        f"{name}_amount_without_tax": float(amount / taxed if inclusive else amount),
        f"is_{name}_price_tax_inclusive": inclusive,
    }


async def open_shop(tx: Transaction, made: Made, case: Amounts) -> str:
    """Write what the case says; the region's id."""
    region = await make_region(tx, "Here", "usd")
    await tx.execute(
        "UPDATE region SET automatic_taxes = $2 WHERE id = $1", region, case.automatic_taxes
    )
    await tx.execute("DELETE FROM price_preference")
    for attribute, value, wanted in (
        ("region_id", region, case.by_region),
        ("currency_code", "usd", case.by_currency),
    ):
        if wanted is not None:
            await tx.execute(
                "INSERT INTO price_preference (id, attribute, value, is_tax_inclusive)"
                " VALUES ($1, $1, $2, $3)",
                attribute,
                value,
                wanted,
            )
    country = await make_tax_region(tx, "kp")
    await make_tax_rate(tx, country, case.rate, is_default=True)
    if case.province_rate is not None:
        below = await make_tax_region(tx, "kp", "qc", country)
        rule = ("product", made.id)
        await make_tax_rate(tx, below, case.province_rate, rule, is_combinable=case.is_combinable)
    return region


def price(amount: Decimal, region: str | None) -> dict[str, Any]:
    rules = {"region_id": region} if region else {}
    return {"currency_code": "usd", "amount": float(amount), "rules": rules}


@pytest.fixture
async def made(tx: Transaction) -> Made:
    return await make_product(tx, variants=[variant()])


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=amounts)
async def test_amounts_and_taxes_are_those_of_the_page(
    admin: httpx.AsyncClient, tx: Transaction, made: Made, case: Amounts
) -> None:
    example = tx.transaction()
    await example.start()
    region = await open_shop(tx, made, case)
    [variant_id] = made.variant_ids
    own = price(case.own, region if case.own_is_bound else None)
    path = f"/admin/products/{made.id}/variants/{variant_id}"
    good(await admin.post(path, json={"prices": [own]}))
    if case.sale is not None:
        sale = price(case.sale, region if case.sale_is_bound else None)
        body = {"title": "Sale", "description": "", "status": "active"}
        prices = [{**sale, "variant_id": variant_id}]
        good(await admin.post("/admin/price-lists", json={**body, "prices": prices}))

    query = {"fields": "calculated_price", "region_id": region}
    query |= {"country_code": case.country} if case.country else {}
    query |= {"province": case.province} if case.province else {}
    shown = good(await admin.get(path, params=query))["variant"]["calculated_price"]
    bare = good(await admin.get(path, params={**query, "storefront": "true"}))
    await example.rollback()

    won = (case.own, case.own_is_bound)
    if case.sale is not None:
        won = (case.sale, case.sale_is_bound)
    wanted = {
        **expected(case, "calculated", *won),
        **expected(case, "original", case.own, case.own_is_bound),
    }
    assert {name: shown[name] for name in wanted} == pytest.approx(wanted)
    taxes = {name for name in shown if name.endswith("_tax")}
    is_taxed = case.automatic_taxes and case.country is not None
    left = shown.keys() if is_taxed else shown.keys() - taxes
    assert bare["variant"]["calculated_price"].keys() == left
    assert len(taxes) == 4
