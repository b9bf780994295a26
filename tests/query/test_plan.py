"""What a plan shows, in what order and how much of it."""

import orjson
import pytest

from merx.core.database import Transaction
from merx.links import GRAPH
from merx.query.conditions import Compare, Every
from merx.query.plan import Order, Plan
from merx.query.run import read_given, read_one, read_page
from merx.query.selection import parse_fields, select
from merx.query.sql import select_page
from tests.factories.catalogue import make_tag
from tests.factories.products import Made, make_product, variant

TITLE = select(GRAPH, GRAPH["product"], parse_fields("title", ()))


@pytest.fixture(autouse=True)
async def shop(tx: Transaction) -> dict[str, Made]:
    """Three products; B has a tag, and C neither a weight nor variants."""
    red = await make_tag(tx, "red")
    skus = [variant(sku="s1"), variant(sku="s2")]
    return {
        "A": await make_product(tx, "A", weight=1, variants=skus),
        "B": await make_product(
            tx, "B", weight=2, tags=[{"id": red}], variants=[variant(sku="s3")]
        ),
        "C": await make_product(tx, "C"),
    }


async def page(tx: Transaction, *orders: Order, limit: int = 9, offset: int = 0) -> str:
    """The titles of a page; the count of all is always three."""
    plan = Plan(TITLE, None, orders)
    rows, count = await read_page(tx, GRAPH, plan, limit=limit, offset=offset)
    assert count == 3
    return "".join(row["title"] for row in orjson.loads(rows))


@pytest.mark.parametrize(
    ("limit", "offset", "titles"), [(1, 1, "B"), (0, 0, ""), (9, 3, ""), (2, 2, "C"), (9, 0, "ABC")]
)
async def test_a_page_is_cut_out_of_all(
    tx: Transaction, limit: int, offset: int, titles: str
) -> None:
    assert await page(tx, Order(("title",)), limit=limit, offset=offset) == titles


@pytest.mark.parametrize(
    ("path", "up", "down"),
    [
        pytest.param(("title",), "ABC", "CBA", id="a column"),
        pytest.param(("weight",), "ABC", "CBA", id="none is last, or first when descending"),
        pytest.param(("variants", "sku"), "ABC", "CBA", id="the least of a relation"),
        pytest.param(("metadata",), "ABC", "ABC", id="a column of JSON"),
        pytest.param(("tags", "value"), "BAC", "ACB", id="ties by id"),
        pytest.param(("variants", "manage_inventory"), "ABC", "CAB", id="a boolean beyond"),
        pytest.param(("variants", "inventory_quantity"), "ABC", "CAB", id="a computed field"),
        pytest.param(("variants", "product", "title"), "ABC", "CBA", id="two relations"),
    ],
)
async def test_orders(tx: Transaction, path: tuple[str, ...], up: str, down: str) -> None:
    assert await page(tx, Order(path)) == up
    assert await page(tx, Order(path, descending=True)) == down


async def test_later_orders_decide_where_earlier_ones_do_not(tx: Transaction) -> None:
    await tx.execute("UPDATE product SET weight = 1 WHERE title IN ('B', 'C')")

    assert await page(tx, Order(("weight",)), Order(("title",), descending=True)) == "CBA"


async def test_given_rows_come_in_the_order_of_their_ids(
    tx: Transaction, shop: dict[str, Made]
) -> None:
    ids = [shop["C"].id, "prod_none", shop["A"].id, shop["C"].id]

    rows = orjson.loads(await read_given(tx, GRAPH, Plan(TITLE), ids))

    assert [row["title"] for row in rows] == ["C", "A", "C"]
    assert await read_given(tx, GRAPH, Plan(TITLE), []) == b"[]"


async def test_one_row_or_none(tx: Transaction, shop: dict[str, Made]) -> None:
    row = await read_one(tx, GRAPH, Plan(TITLE), shop["B"].id)

    assert orjson.loads(row or b"") == {"id": shop["B"].id, "title": "B"}
    assert await read_one(tx, GRAPH, Plan(TITLE), "prod_none") is None


async def test_deleted_rows_are_shown_on_demand_with_their_relations(
    tx: Transaction, shop: dict[str, Made]
) -> None:
    await tx.execute("UPDATE product SET deleted_at = now() WHERE title = 'A'")
    await tx.execute("UPDATE product_variant SET deleted_at = now() WHERE sku = 's1'")
    root = select(GRAPH, GRAPH["product"], parse_fields("variants.sku", ()))

    gone = await read_one(tx, GRAPH, Plan(root), shop["A"].id)
    shown = await read_one(tx, GRAPH, Plan(root, with_deleted=True), shop["A"].id)

    assert gone is None
    assert len(orjson.loads(shown or b"")["variants"]) == 2


def test_context_that_is_missing_is_no_parameter_and_a_flag_is_part_of_the_text() -> None:
    shown = select(GRAPH, GRAPH["store_variant"], parse_fields("calculated_price", ()))
    given = {"region_id": "reg_1", "storefront": True, "customer_id": None}

    statement = select_page(GRAPH, Plan(shown, context=given), 12, 0)

    # The region, the limit and the offset: the planner leaves out what depends on anything else.
    assert statement.values == ["reg_1", 12, 0]
    assert "CASE WHEN 'true'::text IS NULL" in statement.text
    assert "member.customer_id = NULL::text" in statement.text


def test_what_is_checked_of_every_row_is_collected_for_the_count_only() -> None:
    """`IS TRUE` lets the planner collect relatives once; a page asks them row by row."""
    offered = Compare(("is_offered",), "IN", ["sc_1"])
    ids = select(GRAPH, GRAPH["store_product"], parse_fields("id", ()))

    def text(*more: Compare) -> str:
        # The title, since those that are only offered are counted by triggers.
        plan = Plan(ids, Every((offered, Compare(("title",), "=", "A"), *more)))
        return select_page(GRAPH, plan, 2, 0).text

    page, counted = text().split(" LIMIT ", 1)
    assert " IS TRUE)" not in page
    assert counted.count(" IS TRUE)") == 1
    # Where an index finds the rows, those few are asked.
    assert " IS TRUE)" not in text(Compare(("id",), "=", "prod_1"))
