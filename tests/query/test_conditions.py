"""What conditions find, on a small shop."""

from decimal import Decimal

import orjson
import pytest

from merx.core.clock import parse_time
from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.links import GRAPH
from merx.query.conditions import (
    Compare,
    Condition,
    Either,
    Every,
    Negation,
    Operator,
    Related,
    Search,
)
from merx.query.plan import Order, Plan
from merx.query.run import read_page
from merx.query.selection import parse_fields, select
from tests.factories.catalogue import make_tag
from tests.factories.products import Made, make_product, variant

LONG_AGO, LATER = parse_time("2020-01-01"), parse_time("2100-01-01")


@pytest.fixture(autouse=True)
async def shop(tx: Transaction) -> dict[str, Made]:
    """Three products; C has neither weight nor subtitle, and no variants."""
    red = await make_tag(tx, "red")
    return {
        "A": await make_product(
            tx, "A", weight=1, subtitle="50%", variants=[variant(sku="s1"), variant(sku="s2")]
        ),
        "B": await make_product(
            tx, "B", weight=2, subtitle="5_0", tags=[{"id": red}], variants=[variant("x", sku="s3")]
        ),
        "C": await make_product(tx, "C", is_giftcard=True, metadata={"a": 1}),
    }


async def found(tx: Transaction, condition: Condition | None) -> str:
    """The titles of the products that meet the condition."""
    root = select(GRAPH, GRAPH["product"], parse_fields("title", ()))
    plan = Plan(root, condition, (Order(("title",)),))
    rows, count = await read_page(tx, GRAPH, plan, limit=50, offset=0)
    titles = [row["title"] for row in orjson.loads(rows)]
    assert count == len(titles)
    return "".join(titles)


def sku(value: str) -> Condition:
    return Compare(("variants", "sku"), "=", value)


@pytest.mark.parametrize(
    ("condition", "titles"),
    [
        pytest.param(None, "ABC", id="none"),
        pytest.param(Compare(("title",), "=", "A"), "A", id="equal"),
        pytest.param(Compare(("title",), "<>", "A"), "BC", id="not equal"),
        pytest.param(Compare(("weight",), ">", Decimal("1.5")), "B", id="greater"),
        pytest.param(Compare(("weight",), "<=", Decimal(1)), "A", id="at most"),
        pytest.param(Compare(("weight",), "IS NULL"), "C", id="null"),
        pytest.param(Compare(("title",), "IN", ["A", "C", "Z"]), "AC", id="in"),
        pytest.param(Compare(("title",), "IN", []), "", id="in nothing"),
        pytest.param(Compare(("title",), "NOT IN", ["A"]), "BC", id="not in"),
        pytest.param(Compare(("is_giftcard",), "=", True), "C", id="boolean"),
        pytest.param(Compare(("created_at",), ">", LONG_AGO), "ABC", id="time"),
        pytest.param(Compare(("created_at",), ">", LATER), "", id="time to come"),
        pytest.param(Compare(("subtitle",), "LIKE", "5_%"), "AB", id="like"),
        pytest.param(Compare(("title",), "ILIKE", "a"), "A", id="like in any case"),
        pytest.param(Compare(("title",), "=", "' OR 1=1 --"), "", id="SQL is text"),
        pytest.param(sku("s2"), "A", id="some related row"),
        pytest.param(Compare(("tags", "value"), "=", "red"), "B", id="through a join"),
        pytest.param(
            Compare(("variants", "options", "value"), "=", "Blue"), "", id="through two relations"
        ),
        pytest.param(Search("5_"), "B", id="search takes a wildcard as it is"),
        pytest.param(Search("s3 b"), "B", id="words of a search stand in whatever column"),
        pytest.param(Search("s3 nope"), "", id="every word of a search stands somewhere"),
        pytest.param(Search("0%"), "A", id="search takes a percent sign as it is"),
        pytest.param(Search("S3"), "B", id="search looks into variants in any case"),
        pytest.param(Search("a s2"), "A", id="words of a row and of a related row"),
        pytest.param(Search("a\ts3"), "", id="words with a tab between"),
        pytest.param(Search("s1 s2"), "", id="words of two related rows"),
        pytest.param(Search("  "), "ABC", id="no word"),
        pytest.param(Every((Search("a"), sku("s2"))), "A", id="a search and a relation"),
        pytest.param(
            Every((sku("s3"), Compare(("tags", "value"), "=", "red"))), "B", id="two relations"
        ),
        pytest.param(
            Every((Compare(("title",), "<>", "B"), sku("s3"))), "", id="a column and a relation"
        ),
        pytest.param(Compare(("tags", "id"), "IS NULL"), "AC", id="no related row at all"),
        pytest.param(
            Compare(("variants", "inventory_items", "inventory", "sku"), "=", "s3"),
            "B",
            id="through two relations and a join",
        ),
        pytest.param(Every(()), "ABC", id="all of nothing"),
        pytest.param(Either(()), "", id="any of nothing"),
        pytest.param(Every((sku("s1"), sku("s2"))), "A", id="different rows may meet each part"),
        pytest.param(
            Related("variants", Every((Compare(("sku",), "=", "s1"),) * 2)), "A", id="one row"
        ),
        pytest.param(
            Related(
                "variants",
                Every((Compare(("sku",), "=", "s1"), Compare(("title",), "=", "x"))),
            ),
            "",
            id="one row must meet all",
        ),
        pytest.param(Either((sku("s3"), Compare(("weight",), "IS NULL"))), "BC", id="either"),
        pytest.param(Negation(Compare(("weight",), "=", Decimal(1))), "BC", id="not, with nulls"),
        pytest.param(Negation(sku("s1")), "BC", id="no related row"),
        pytest.param(Negation(Negation(sku("s1"))), "A", id="not not"),
    ],
)
async def test_conditions(tx: Transaction, condition: Condition | None, titles: str) -> None:
    assert await found(tx, condition) == titles


@pytest.mark.parametrize(
    ("operator", "titles"),
    [("=", "ABC"), ("<=", "ABC"), (">=", "ABC"), (">", ""), ("<", ""), ("<>", ""),
     ("IN", "ABC"), ("NOT IN", "")],
)  # fmt: skip
async def test_times_are_compared_as_they_are_shown(
    tx: Transaction, operator: Operator, titles: str
) -> None:
    kept = "2026-01-02T03:04:05.678901Z"
    await tx.execute("UPDATE product SET created_at = $1", parse_time(kept))
    shown = parse_time("2026-01-02T03:04:05.678Z")

    value = [shown] if "IN" in operator else shown
    assert await found(tx, Compare(("created_at",), operator, value)) == titles


async def test_deleted_rows_meet_no_condition(tx: Transaction, shop: dict[str, Made]) -> None:
    await tx.execute("UPDATE product_variant SET deleted_at = now() WHERE sku = 's1'")
    await tx.execute("UPDATE product SET deleted_at = now() WHERE title = 'B'")

    assert await found(tx, sku("s1")) == ""
    assert await found(tx, None) == "AC"


async def test_a_search_for_many_words_is_refused(tx: Transaction) -> None:
    with pytest.raises(InvalidData, match="'q' has more than 100 words"):
        await found(tx, Search(" ".join(map(str, range(101)))))
