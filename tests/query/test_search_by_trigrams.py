"""`q` finds by trigrams what it would find by comparing every row, and reads few rows for it."""

import httpx
import pytest

from merx.core.database import Transaction
from merx.links import GRAPH
from merx.query.conditions import Search
from merx.query.plan import Plan
from merx.query.selection import parse_fields, select
from merx.query.sql import select_page
from tests.answers import good
from tests.factories.products import make_items

TITLES = [
    "Green Jacket", "GREEN jacket", "100% wool_x", "a\\b\\c", "ÄRMEL Öl", "ärmel", "İstanbul",
    "Straße", "ЖУК жуки", "日本語の本", "ab", "", "x\ny z",
    "-- '; \"", "🧥🧥🧥", "aaa aaaa", "Jack et",
    "Supercalifragilistic", "Supercal-and-ilistic", "ilistic Supercal", "🧥" * 20,
]  # fmt: skip
WORDS = [
    "jacket", "JACK", "100%", "0% wo", "l_x", "\\b\\", "ärm", "ÄRM", "istanbul", "İST", "STRASSE",
    "straße", "жук", "ЖУКИ", "本語の", "日本", "ab", "a", "y", "'; ", "🧥🧥🧥", "aaaa", "k e",
    "green et", "SKU-", "nothing",
    "supercalifragilistic", "SUPERCALIFRAGILISTIC", "ercalifragilistic", "supercal-or-ilistic",
    "supercal-and-ilistic", "supercalifragilist", "🧥" * 18, "🧥" * 21,
]  # fmt: skip
COMPARED = r"""
SELECT count(*) FROM inventory_item
WHERE concat_ws(E'\n', sku, title, description, hs_code, mid_code) ILIKE ALL (
  SELECT '%' || regexp_replace(word, '([%_\\])', '\\\1', 'g') || '%'
  FROM regexp_split_to_table($1, '\s+') word WHERE word <> '')"""


@pytest.fixture
async def shelf(tx: Transaction) -> None:
    ids = await make_items(tx, len(TITLES))
    await tx.execute(
        "UPDATE inventory_item i SET title = g.title,"
        " description = CASE WHEN g.n % 2 = 0 THEN g.title END"
        " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY g(id, title, n) WHERE i.id = g.id",
        ids,
        TITLES,
    )


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("words", WORDS)
async def test_words_are_found_as_by_comparing_every_row(
    admin: httpx.AsyncClient, tx: Transaction, words: str
) -> None:
    answer = good(await admin.get("/admin/inventory-items", params={"q": words, "fields": "id"}))

    assert answer["count"] == await tx.fetchval(COMPARED, words)


@pytest.mark.parametrize(
    ("name", "indexes"),
    [
        ("product", ["product", "product_variant"]),
        ("store_product", ["product", "product_variant"]),
        ("product_variant", ["product_variant", "product"]),
        ("inventory_item", ["inventory_item"]),
    ],
)
async def test_a_sku_is_looked_up(tx: Transaction, name: str, indexes: list[str]) -> None:
    root = select(GRAPH, GRAPH[name], parse_fields("id", ()))
    statement = select_page(GRAPH, Plan(root, Search("SH-50000-XS")), 20, 0)

    rows = await tx.fetch(f"EXPLAIN {statement.text}", *statement.values)

    plan = "\n".join(row[0] for row in rows)
    for table in indexes:
        assert f"Bitmap Index Scan on ix_{table}_grams" in plan, plan
    assert "Seq Scan" not in plan


LETTERS = "aä🧥b"
CUT = {
    "grams": "grams($1)",
    "product": "product_grams(NULL, NULL, $1, NULL)",
    "product_variant": "product_variant_grams($1, NULL, NULL, NULL, NULL)",
    "inventory_item": "inventory_item_grams(NULL, NULL, $1, NULL, NULL)",
    "order": "order_grams($1, NULL, NULL)",
    "order_address": f"order_address_grams($1{', NULL' * 8})",
}


@pytest.mark.parametrize("table", CUT)
async def test_a_long_text_is_cut_in_the_time_of_its_length(tx: Transaction, table: str) -> None:
    # Counting characters from the start for each piece would take many minutes.
    await tx.execute("SET LOCAL statement_timeout = '20s'")
    select = f"SELECT ARRAY(SELECT DISTINCT unnest({CUT[table]}))"

    pieces = await tx.fetchval(select, LETTERS * 30_000)

    around = LETTERS + LETTERS
    assert {around[place : place + 3] for place in range(4)} <= set(pieces)


@pytest.mark.parametrize("table", CUT)
@pytest.mark.parametrize("text", [None, "", "a", "ab"])
async def test_a_short_text_has_no_pieces(tx: Transaction, table: str, text: str | None) -> None:
    pieces = await tx.fetchval(f"SELECT {CUT[table]}".replace("$1", "$1::text"), text)
    assert all("\n" in piece for piece in pieces)
