"""A search of orders reads the few rows that its indexes find."""

import pytest

from merx.core.database import Transaction
from merx.links import GRAPH
from merx.query.conditions import Compare, Every, Search
from merx.query.plan import Plan
from merx.query.selection import parse_fields, select
from merx.query.sql import select_page
from tests.factories.orders import make_order


@pytest.mark.parametrize("words", ["zebra", "ann zebra"])
async def test_a_search_of_orders_is_answered_by_pieces_of_its_word(
    tx: Transaction, words: str
) -> None:
    for _ in range(20):
        await make_order(tx)
    root = select(GRAPH, GRAPH["order"], parse_fields("id", ()))
    condition = Every((Compare(("is_draft_order",), "=", False), Search(words)))
    statement = select_page(GRAPH, Plan(root, condition), 50, 0)

    plan = await tx.fetch(f"EXPLAIN {statement.text}", *statement.values)

    told = "\n".join(row[0] for row in plan)
    assert "ix_order_grams" in told
    assert told.count("Bitmap Index Scan on ix_order_address_grams") == 2
    assert "Seq Scan" not in told
