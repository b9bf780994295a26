"""The SQL of the applicable tax rate against a slow reading of docs/reference/taxes.md."""

import re
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from merx.modules.tax.applicable import Thing, find_regime, product_tax_rate, total_rate
from tests.factories.taxes import make_tax_rate, make_tax_region

SQL = "SELECT " + product_tax_rate(
    product="$1::text", product_type="$2::text", country="$3::text", province="$4::text"
)
PRODUCT, TYPE = "prod_1", "ptyp_1"
FITTING = {("product", PRODUCT): 0, ("product_type", TYPE): 1}
RULES = [*FITTING, ("product", "prod_2"), ("product_type", PRODUCT), ("shipping_option", PRODUCT)]


@dataclass(frozen=True)
class Rate:
    rate: Decimal | None
    is_default: bool
    is_combinable: bool
    rules: tuple[tuple[str, str], ...]
    is_deleted: bool


@st.composite
def regions(draw):
    rates = draw(
        st.lists(
            st.builds(
                Rate,
                st.none() | st.decimals(0, 30, places=3),
                st.just(False),
                st.booleans(),
                st.lists(st.sampled_from(RULES), max_size=3, unique_by=lambda rule: rule[1]).map(
                    tuple
                ),
                st.sampled_from([False, False, True]),
            ),
            max_size=4,
        )
    )
    default = draw(st.none() | st.integers(0, 3))
    return [
        Rate(r.rate, place == default, r.is_combinable, r.rules, r.is_deleted)
        for place, r in enumerate(rates)
    ]


def chosen(rates):
    """The rate of a region that counts, by the steps of the specification."""
    found = []
    for place, rate in enumerate(rates):
        steps = [FITTING[rule] for rule in rate.rules if rule in FITTING]
        steps += [2] * rate.is_default
        if steps and not rate.is_deleted:
            found.append((min(steps), place, rate))
    return min(found)[2] if found else None


def expected(country, province, is_below):
    far = chosen(country)
    near = chosen(province) if province is not None else None
    if near is None:
        lines = [far]
    elif near.is_combinable and is_below:
        lines = [near, far]
    else:
        lines = [near]
    return sum((line.rate or Decimal(0) for line in lines if line), Decimal(0))


async def fill(tx, region_id, rates):
    for rate in rates:
        rate_id = await make_tax_rate(
            tx,
            region_id,
            rate.rate,
            *rate.rules,
            is_default=rate.is_default and not rate.is_deleted,
            is_combinable=rate.is_combinable,
        )
        if rate.is_deleted:
            await tx.execute("UPDATE tax_rate SET deleted_at = now() WHERE id = $1", rate_id)


async def summed(tx, province):
    regime = await find_regime(tx, [Thing(PRODUCT, TYPE)], country="kp", province=province)
    return sum(rate.rate for rate in regime.rates[0])


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(country=regions(), province=st.none() | regions(), is_below=st.booleans())
async def test_the_sql_equals_the_specification(tx, country, province, is_below):
    undone = tx.transaction()
    await undone.start()
    try:
        home = await make_tax_region(tx, "kp")
        await fill(tx, home, country)
        if province is not None:
            below = await make_tax_region(tx, "kp", "qc", home if is_below else None)
            await fill(tx, below, province)

        found = await tx.fetchval(SQL, PRODUCT, TYPE, "KP", "QC")
        elsewhere = await tx.fetchval(SQL, PRODUCT, TYPE, "kp", "on")
        nowhere = await tx.fetchval(SQL, PRODUCT, TYPE, "kp", None)

        assert found == expected(country, province, is_below)
        assert elsewhere == nowhere == expected(country, None, is_below)
        # The rates of a cart, each by itself; without a province by a shorter statement.
        assert await summed(tx, "qc") == found
        assert await summed(tx, "on") == await summed(tx, None) == nowhere
    finally:
        await undone.rollback()


async def test_without_a_region_of_the_country_there_is_no_tax(tx):
    alone = await make_tax_region(tx, "kp", "qc")
    await make_tax_rate(tx, alone, 8, is_default=True)

    assert await tx.fetchval(SQL, PRODUCT, TYPE, "kp", "qc") == 0
    assert await tx.fetchval(SQL, PRODUCT, TYPE, None, None) == 0


async def test_a_product_without_a_type_has_the_default(tx):
    home = await make_tax_region(tx, "kp")
    await make_tax_rate(tx, home, 5, is_default=True)
    await make_tax_rate(tx, home, 3, ("product_type", TYPE))

    assert await tx.fetchval(SQL, PRODUCT, None, "kp", None) == 5
    assert await tx.fetchval(SQL, PRODUCT, TYPE, "kp", None) == 3


async def test_a_shipping_option_has_rates_of_its_own(tx):
    home = await make_tax_region(tx, "kp")
    await make_tax_rate(tx, home, 5, is_default=True)
    await make_tax_rate(tx, home, 2, ("shipping_option", "so_1"))
    sql = "SELECT " + total_rate([("shipping_option", "$1::text")], "$2::text", "$3::text")

    assert await tx.fetchval(sql, "so_1", "kp", None) == 2
    assert await tx.fetchval(sql, "so_2", "kp", None) == 5


@pytest.mark.commits
async def test_rules_by_the_thousand_are_not_read_for_each_product(tx):
    home = await make_tax_region(tx, "kp")
    rate = await make_tax_rate(tx, home, 5)
    await tx.execute(
        "INSERT INTO tax_rate_rule (id, reference, reference_id, tax_rate_id)"
        " SELECT 'txrule_' || n, 'product', 'prod_' || n, $1 FROM generate_series(1, 20000) n",
        rate,
    )

    plan = await tx.fetch(f"EXPLAIN (ANALYZE, TIMING OFF) {SQL}", PRODUCT, TYPE, "kp", None)

    lines = [line[0] for line in plan]
    read = [line for line in lines if "on tax_rate_rule" in line]
    assert read
    assert all("Index" in line for line in read), lines
    found = [re.search(r"\(actual rows=(\d+)|never executed", line) for line in read]
    assert all(one and int(one[1] or 0) <= 1 for one in found), read
    assert not any("Rows Removed" in line for line in lines), lines
