"""The calculated price against an independent slow choice, whatever prices and lists there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from merx.batch import Insert, insert_all
from merx.core.clock import now
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.links import GRAPH
from merx.modules.pricing.models import Price, PriceList, PriceListRule, PriceRule
from merx.query.plan import Plan
from merx.query.run import read_one
from merx.query.selection import parse_fields, select
from tests.factories.catalogue import make_region
from tests.factories.products import make_product, variant
from tests.factories.taxes import join_groups, make_customer, make_customer_group
from tests.modules.pricing.slow_choice import (
    Rule,
    SlowContext,
    SlowList,
    SlowPrice,
    choose,
    holds,
)

_DAY = timedelta(days=1)
# When lists start and end, from now.
PERIODS = {"over": (-2 * _DAY, -_DAY), "runs": (-_DAY, None), "coming": (_DAY, None)}
VALUES = {"region_id": ("here", "there"), "customer.groups.id": ("gold", "silver", "new"),
          "channel": ("app", "web"), "customer_id": ("collector", "newcomer")}  # fmt: skip
# Each customer with its groups; everybody is in a deleted group too.
CUSTOMERS = {"collector": ("gold", "silver"), "regular": ("gold",), "newcomer": ("new",)}


# Few amounts and few values, and most of what could keep a price out absent: so that candidates
# meet others of equal rank.
def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([usual, usual, usual, usual, *others])


names = mostly((), ("channel",), ("region_id",), ("customer.groups.id",), ("channel", "region_id"),
               ("customer.groups.id", "customer_id"))  # fmt: skip
totals = mostly((), (("gte", "50"),), (("gte", "50"), ("lt", "100")), (("eq", "99.5"),),
                (("lte", "99.50"),), (("gt", "99.5"),), (("lt", "many"),))  # fmt: skip
bounds = st.tuples(mostly(None, Decimal(1), Decimal(2)), mostly(None, Decimal("2.5"), Decimal(5)))


@st.composite
def price_rules(draw: st.DrawFn) -> list[Rule]:
    named = [(name, "eq", draw(mostly(*VALUES[name]))) for name in draw(names)]
    return named + [("item_total", comparison, value) for comparison, value in draw(totals)]


@st.composite
def list_rules(draw: st.DrawFn) -> dict[str, Sequence[str]]:
    values = {name: st.lists(mostly(*VALUES[name]), max_size=3) for name in VALUES}
    return {name: draw(values[name]) for name in draw(names)}


lists = st.builds(
    SlowList,
    type=st.sampled_from(["sale", "override"]),
    status=mostly("active", "draft"),
    period=mostly("runs", "over", "coming"),
    rules=list_rules(),
)


@st.composite
def prices_of_a_set(draw: st.DrawFn) -> list[SlowPrice]:
    """Prices of one set, the oldest first."""
    known = draw(st.lists(lists, min_size=2, max_size=5))
    prices: list[SlowPrice] = []
    for age in range(draw(st.integers(3, 10))):
        least, most = draw(bounds)
        prices.append(
            SlowPrice(
                age,
                amount=Decimal(draw(st.integers(1, 3))),
                currency_code=draw(mostly("usd", "eur")),
                min_quantity=least,
                max_quantity=most,
                rules=draw(price_rules()),
                price_list=draw(st.sampled_from([None, *known])),
            )
        )
    return prices


@st.composite
def contexts(draw: st.DrawFn) -> SlowContext:
    customer = draw(mostly("collector", "regular", "newcomer", None))
    return SlowContext(
        currency_code=draw(mostly("usd", "eur")),
        attributes={
            "region_id": draw(mostly(["here"], ["there"], [])),
            "customer_id": [customer] if customer else [],
            "customer.groups.id": CUSTOMERS.get(customer, ()),
            "channel": draw(mostly(["app"], ["web"], ["web", "app"], [])),
            "item_total": draw(mostly(["99.5"], ["100"], ["50.00"], ["many"], [])),
        },
        quantity=draw(mostly(Decimal(2), Decimal(1), Decimal("2.5"), Decimal(6))),
    )


@dataclass
class Shop:
    """A variant without prices; the ids of regions, customers and groups by their names."""

    variant_id: str
    price_set_id: str
    ids: dict[str, str]


async def stock_up(tx: Transaction, shop: Shop, prices: Sequence[SlowPrice]) -> dict[str, int]:
    """Write the prices and their lists; the ages of the prices by their ids."""
    list_ids: dict[int, str] = {}
    rows: list[dict[str, Any]] = []
    list_rules: list[dict[str, Any]] = []
    list_rows: list[dict[str, Any]] = []
    rules: list[dict[str, Any]] = []
    for price in prices:
        held = price.price_list
        if held is not None and id(held) not in list_ids:
            list_ids[id(held)] = new_id("plist")
            list_rows.append(_list_row(list_ids[id(held)], held))
            list_rules.extend(_list_rules(list_ids[id(held)], held, shop))
        rows.append(_price_row(price, shop, list_ids.get(id(held))))
        rules.extend(_price_rules(rows[-1]["id"], price, shop))
    await insert_all(
        tx,
        Insert(PriceList.__table__, list_rows),
        Insert(PriceListRule.__table__, list_rules),
        Insert(Price.__table__, rows),
        Insert(PriceRule.__table__, rules),
    )
    return {row["id"]: price.age for row, price in zip(rows, prices, strict=True)}


def _list_row(list_id: str, held: SlowList) -> dict[str, Any]:
    begins, ends = PERIODS[held.period]
    return {
        "id": list_id,
        "title": "",
        "description": "",
        "type": held.type,
        "status": held.status,
        "starts_at": now() + begins,
        "ends_at": now() + ends if ends else None,
        "rules_count": len(held.rules),
    }


def _list_rules(list_id: str, held: SlowList, shop: Shop) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id("prule"),
            "price_list_id": list_id,
            "attribute": name,
            "value": [shop.ids.get(value, value) for value in values],
        }
        for name, values in held.rules.items()
    ]


def _price_row(price: SlowPrice, shop: Shop, list_id: str | None) -> dict[str, Any]:
    price_id = new_id("price")
    return {
        "id": price_id,
        # Of its own for each, so that prices may mean the same: the choice must still be certain.
        "rules_key": price_id,
        "price_set_id": shop.price_set_id,
        "price_list_id": list_id,
        "amount": price.amount,
        "currency_code": price.currency_code,
        "min_quantity": price.min_quantity,
        "max_quantity": price.max_quantity,
        "rules_count": len(price.rules),
    }


def _price_rules(price_id: str, price: SlowPrice, shop: Shop) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id("prule"),
            "price_id": price_id,
            "attribute": attribute,
            "operator": comparison,
            "value": shop.ids.get(value, value),
        }
        for attribute, comparison, value in price.rules
    ]


async def calculated(tx: Transaction, shop: Shop, context: SlowContext) -> dict[str, Any]:
    """What the database says, beside its explanation."""
    given = dict(context.attributes)
    [region] = given["region_id"] or [None]
    [customer] = given["customer_id"] or [None]
    free = {name: list(given[name]) for name in ("channel", "item_total")}
    entity = GRAPH["product_variant"]
    paths = parse_fields("calculated_price,price_candidates", ())
    asked = {
        "currency_code": context.currency_code,
        "region_id": shop.ids[region] if region else None,
        "customer_id": shop.ids[customer] if customer else None,
        "quantity": str(context.quantity),
        "context": orjson.dumps(free).decode(),
    }
    plan = Plan(select(GRAPH, entity, paths), context=asked)
    row = await read_one(tx, GRAPH, plan, shop.variant_id)
    assert row is not None
    return orjson.loads(row)


async def compare(
    tx: Transaction, shop: Shop, prices: Sequence[SlowPrice], context: SlowContext
) -> None:
    ages = await stock_up(tx, shop, prices)
    found = await calculated(tx, shop, context)

    wanted = choose(prices, context)
    price = found["calculated_price"]
    chosen = [
        ages.get((price or {}).get(name, {}).get("id"))
        for name in ("calculated_price", "original_price")
    ]
    assert chosen == [one.age if one else None for one in wanted]
    explained = {ages[one["id"]]: one for one in found["price_candidates"]}
    assert set(explained) == {one.age for one in prices}
    for one in prices:
        assert explained[one.age]["is_matched"] == holds(one, context)
        assert bool(explained[one.age]["reasons"]) != (explained[one.age]["result"] == "won")
    won = [age for age, one in explained.items() if one["result"] == "won"]
    assert won == ([wanted[0].age] if wanted[0] else [])


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    made = await make_product(tx, variants=[variant()])
    [variant_id] = made.variant_ids
    text = "SELECT price_set_id FROM product_variant WHERE id = $1"
    ids = {name: await make_region(tx, "usd", name) for name in VALUES["region_id"]}
    for name in (*VALUES["customer.groups.id"], "gone"):
        ids[name] = await make_customer_group(tx, name)
    await tx.execute("UPDATE customer_group SET deleted_at = now() WHERE id = $1", ids["gone"])
    for name, groups in CUSTOMERS.items():
        ids[name] = await make_customer(tx, f"{name}@shop.test")
        await join_groups(tx, ids[name], [ids[group] for group in (*groups, "gone")])
    return Shop(variant_id, await tx.fetchval(text, variant_id), ids)


GENERATED = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    # Shrinking would ask the database for minutes.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@GENERATED
@given(prices=prices_of_a_set(), context=contexts())
async def test_the_choice_is_that_of_the_page(
    tx: Transaction, shop: Shop, prices: list[SlowPrice], context: SlowContext
) -> None:
    example = tx.transaction()
    await example.start()

    await compare(tx, shop, prices, context)

    await example.rollback()
