"""What a storefront asks for leads to the rows by index, whatever else is in the shop: that a
product is offered holds for nearly all of them and finds none (decision 0010)."""

import pytest

from merx.core.database import Transaction
from merx.links import GRAPH
from merx.modules.product.storefront import IS_OFFERED
from merx.query.conditions import Compare, Condition, Every, Related, Search
from merx.query.plan import Plan
from merx.query.selection import parse_fields, select
from merx.query.sql import select_page

# A database of their own: what other tests leave in the statistics moves a plan.
pytestmark = pytest.mark.commits

_SEEN = (Compare((IS_OFFERED,), "IN", ["sc_1"]), Compare(("in_region",), "=", "reg_1"))


async def _plan(tx: Transaction, name: str, *asked: Condition) -> tuple[str, str]:
    root = select(GRAPH, GRAPH[name], parse_fields("id", ()))
    statement = select_page(GRAPH, Plan(root, Every((*_SEEN, *asked))), 12, 0)
    rows = await tx.fetch(f"EXPLAIN {statement.text}", *statement.values)
    return statement.text, "\n".join(row[0] for row in rows)


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (Compare(("categories", "id"), "IN", ["pcat_1"]), "product_category_product"),
        (Compare(("tags", "id"), "IN", ["ptag_1"]), "product_tags"),
        (Compare(("variants", "sku"), "IN", ["A-1"]), "product_variant"),
        (Related("variants", Compare(("barcode",), "=", "4006381")), "product_variant"),
    ],
    ids=["category", "tag", "sku", "barcode"],
)
async def test_a_filter_of_products_finds_them_by_its_own_index(
    tx: Transaction, asked: Condition, index: str
) -> None:
    text, plan = await _plan(tx, "store_product", asked)

    assert f'FROM "{index}"' in text.split("led_ AS MATERIALIZED")[1].split("SELECT coalesce")[0]
    assert "Index Cond: (id = ANY ((InitPlan" in plan
    assert "Seq Scan" not in plan


async def test_a_search_finds_products_once_for_the_page_and_its_count(tx: Transaction) -> None:
    text, plan = await _plan(tx, "store_product", Search("shirt"))

    assert text.count("ILIKE") == 9  # A column each.
    assert "Index Cond: (id = ANY ((InitPlan" in plan


async def test_variants_of_a_product_are_found_by_it(tx: Transaction) -> None:
    asked = Compare(("product", "handle"), "=", "shirt")
    root = select(GRAPH, GRAPH["store_variant"], parse_fields("id", ()))
    seen = (Compare(("of_offered",), "IN", ["sc_1"]), asked)
    statement = select_page(GRAPH, Plan(root, Every(seen)), 12, 0)

    assert statement.text.startswith("WITH led_")


async def test_a_price_is_computed_of_offered_products_alone(tx: Transaction) -> None:
    asked = Related("variants", Compare(("calculated_amount",), ">=", 5))
    text, _ = await _plan(tx, "store_product", asked)

    assert "led_" not in text


async def test_a_page_is_found_row_by_row_and_counted_as_a_whole(tx: Transaction) -> None:
    # The products of one channel are counted by triggers.
    several = Compare((IS_OFFERED,), "IN", ["sc_1", "sc_2"])
    root = select(GRAPH, GRAPH["store_product"], parse_fields("id", ()))
    statement = select_page(GRAPH, Plan(root, several), 12, 0)
    rows = await tx.fetch(f"EXPLAIN {statement.text}", *statement.values)
    text, plan = statement.text, "\n".join(row[0] for row in rows)

    page, count = text.split("ELSE (SELECT count(*)")
    assert "IS TRUE" not in page
    assert "IS TRUE" in count
    assert "Semi Join" in plan or "Nested Loop" in plan


async def test_what_one_channel_offers_is_not_counted_row_by_row(tx: Transaction) -> None:
    text, plan = await _plan(tx, "store_product")

    assert "SELECT count(*)" not in text
    assert "ix_list_count_list" in plan
