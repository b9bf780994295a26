"""Many rows, and many tables, in one INSERT."""

from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from merx.batch import Insert, SoftDelete, Update, insert_all, insert_rows
from merx.core.database import Transaction
from merx.modules.product.models import Product, ProductImage, ProductTag
from tests.observed import statements_of


def tags(*values: str, **columns: Any) -> list[dict[str, Any]]:
    """Rows of tags with these values."""
    return [{"id": f"ptag_{value}", "value": value, **columns} for value in values]


async def stored(tx: Transaction) -> list[str]:
    return [record[0] for record in await tx.fetch("SELECT value FROM product_tag ORDER BY id")]


@pytest.mark.parametrize("count", [1, 19, 20, 1_000])
async def test_any_number_of_rows_is_one_statement(tx: Transaction, count: int) -> None:
    rows = tags(*(f"{number:04}" for number in range(count)))

    async with statements_of(tx) as statements:
        await insert_rows(tx, ProductTag.__table__, rows)

    assert len(statements) == 1
    assert await stored(tx) == [row["value"] for row in rows]


async def test_no_rows_are_no_statement(tx: Transaction) -> None:
    async with statements_of(tx) as statements:
        assert await insert_all(tx, Insert(ProductTag.__table__, [])) == [[]]

    assert statements == []


async def test_parents_and_children_go_together(tx: Transaction) -> None:
    product = {"id": "prod_1", "title": "a", "handle": "a"}
    images = [{"id": f"img_{n}", "url": "u", "product_id": "prod_1"} for n in range(3)]

    async with statements_of(tx) as statements:
        await insert_all(
            tx,
            Insert(ProductImage.__table__, images),
            Insert(ProductTag.__table__, []),
            Insert(Product.__table__, [product]),
        )

    assert len(statements) == 1
    assert await tx.fetchval("SELECT count(*) FROM image WHERE product_id = 'prod_1'") == 3


@pytest.mark.parametrize("count", [1, 50])
async def test_columns_that_are_left_out_take_their_defaults(tx: Transaction, count: int) -> None:
    rows = [{"id": f"prod_{n}", "title": "a", "handle": f"h{n}"} for n in range(count)]

    await insert_rows(tx, Product.__table__, rows)

    record = await tx.fetchrow("SELECT * FROM product WHERE id = 'prod_0'")
    assert record is not None
    assert (record["status"], record["discountable"], record["is_giftcard"]) == (
        "draft",
        True,
        False,
    )
    assert record["created_at"] == record["updated_at"] == await tx.fetchval("SELECT now()")


@pytest.mark.parametrize("count", [1, 50])
async def test_a_null_is_stored_where_others_have_a_value(tx: Transaction, count: int) -> None:
    rows = [
        {"id": f"prod_{n}", "title": "a", "handle": f"h{n}", "subtitle": "s" if n else None}
        for n in range(count)
    ]

    await insert_rows(tx, Product.__table__, rows)

    assert await tx.fetchval("SELECT count(*) FROM product WHERE subtitle IS NULL") == 1


@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param(None, id="null"),
        pytest.param({}, id="empty"),
        pytest.param({"a": [1, [2, 3], {"b": None}], "{}": '"\\'}, id="nested"),
        pytest.param({"a": 0.1, "b": 2**53 + 1, "c": -1e300}, id="numbers"),
    ],
)
async def test_json_comes_back_as_it_was(tx: Transaction, metadata: Any, count: int) -> None:
    rows = tags(*(str(number) for number in range(count)), metadata=metadata)

    await insert_rows(tx, ProductTag.__table__, rows)

    found = await tx.fetch("SELECT metadata FROM product_tag")
    assert [record[0] for record in found] == [metadata] * count


async def test_a_list_of_lists_is_json_and_not_an_array(tx: Transaction) -> None:
    rows = [*tags("a", metadata={"x": [1]}), *tags("b", metadata={"x": [[1], [2]]})]

    await insert_rows(tx, ProductTag.__table__, rows)

    found = await tx.fetch("SELECT metadata FROM product_tag ORDER BY id")
    assert [record[0] for record in found] == [{"x": [1]}, {"x": [[1], [2]]}]


async def test_conflicts_can_be_left_out(tx: Transaction) -> None:
    await insert_rows(tx, ProductTag.__table__, tags("a"))
    rows = [{"id": "ptag_x", "value": "a"}, {"id": "ptag_b", "value": "b"}]

    [made] = await insert_all(
        tx, Insert(ProductTag.__table__, rows, skip_conflicts=True, returning="value")
    )

    assert made == ["b"]
    assert await stored(tx) == ["a", "b"]


async def test_a_conflict_fails_all_tables(tx: Transaction) -> None:
    await insert_rows(tx, ProductTag.__table__, tags("a"))
    product = {"id": "prod_1", "title": "a", "handle": "a"}
    clash = Insert(ProductTag.__table__, [{"id": "ptag_x", "value": "a"}])

    with pytest.raises(asyncpg.UniqueViolationError):
        async with tx.transaction():
            await insert_all(tx, Insert(Product.__table__, [product]), clash)

    assert await tx.fetchval("SELECT count(*) FROM product") == 0


async def test_decimals_keep_all_digits(tx: Transaction) -> None:
    amounts = [Decimal("0.1"), Decimal("1e-20"), Decimal("12345678901234567890.123456789")]
    await tx.execute("INSERT INTO price_set (id) VALUES ('pset_1')")
    table = Product.metadata.tables["price"]
    rows = [
        {
            "id": f"price_{n}",
            "price_set_id": "pset_1",
            "currency_code": "usd",
            "amount": amount,
            "min_quantity": n + 1,
        }
        for n, amount in enumerate(amounts)
    ]

    await insert_rows(tx, table, rows)

    found = await tx.fetch("SELECT amount FROM price ORDER BY id")
    assert [record[0] for record in found] == amounts


async def test_rows_come_change_and_go_in_one_statement(tx: Transaction) -> None:
    table = ProductTag.__table__
    await insert_rows(tx, table, tags("a", "b", "c"))
    ids = {value: given for given, value in await tx.fetch("SELECT id, value FROM product_tag")}

    await insert_all(
        tx,
        Insert(table, [{"id": "ptag_d", "value": "d"}]),
        updates=[Update(table, {ids["a"]: {"value": "A"}})],
        deletes=[SoftDelete(table, [ids["b"]]), SoftDelete(table, [])],
    )

    live = await tx.fetch("SELECT value FROM product_tag WHERE deleted_at IS NULL ORDER BY 1")
    assert sorted(record[0] for record in live) == ["A", "c", "d"]
    gone = await tx.fetch("SELECT value FROM product_tag WHERE deleted_at IS NOT NULL")
    assert [record[0] for record in gone] == ["b"]
