"""Many rows changed or deleted in one statement."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from merx.batch import delete_rows, insert_rows, patch_row, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.modules.product.models import Product, ProductTagLink
from tests.observed import statements_of

TABLE = Product.__table__
IDS = ("prod_0", "prod_1", "prod_2")


@pytest.fixture(autouse=True)
async def products(tx: Transaction) -> None:
    """Three products that changed last in 2020."""
    rows = [
        {"id": row_id, "title": row_id, "handle": row_id, "subtitle": "s", "metadata": {"a": 1}}
        for row_id in IDS
    ]
    await insert_rows(tx, TABLE, rows)
    await tx.execute("UPDATE product SET updated_at = '2020-01-01Z'")


async def column(tx: Transaction, name: str) -> list[Any]:
    """A column of the three products."""
    return [record[0] for record in await tx.fetch(f"SELECT {name} FROM product ORDER BY id")]


@pytest.mark.parametrize(
    "patches",
    [
        pytest.param({"prod_0": {"title": "A"}, "prod_2": {"title": "C"}}, id="the same keys"),
        pytest.param(
            {"prod_0": {"title": "A"}, "prod_2": {"title": "C", "weight": 1}}, id="different keys"
        ),
    ],
)
async def test_rows_change_in_one_statement(
    tx: Transaction, patches: dict[str, dict[str, Any]]
) -> None:
    async with statements_of(tx) as statements:
        changed = await update_rows(tx, TABLE, {**patches, "prod_none": patches["prod_0"]})

    assert len(statements) == 1
    assert sorted(changed) == ["prod_0", "prod_2"]
    assert await column(tx, "title") == ["A", "prod_1", "C"]
    assert await column(tx, "subtitle") == ["s", "s", "s"]
    assert [time.year > 2020 for time in await column(tx, "updated_at")] == [True, False, True]


async def test_a_row_without_changes_is_touched(tx: Transaction) -> None:
    assert await update_rows(tx, TABLE, {"prod_1": {}}) == ["prod_1"]

    assert [time.year > 2020 for time in await column(tx, "updated_at")] == [False, True, False]


async def test_null_is_a_value_and_a_missing_key_is_not(tx: Transaction) -> None:
    patches = {"prod_0": {"subtitle": None, "metadata": None}, "prod_1": {"metadata": {"b": None}}}

    await update_rows(tx, TABLE, patches)

    assert await column(tx, "subtitle") == [None, "s", "s"]
    assert await column(tx, "metadata") == [None, {"b": None}, {"a": 1}]


async def test_deleted_rows_are_neither_changed_nor_deleted_again(tx: Transaction) -> None:
    assert await soft_delete_rows(tx, TABLE, ["prod_1", "prod_none", "prod_1"]) == ["prod_1"]

    assert await update_rows(tx, TABLE, {"prod_1": {"title": "x"}}) == []
    assert await soft_delete_rows(tx, TABLE, list(IDS)) == ["prod_0", "prod_2"]
    assert await column(tx, "title") == list(IDS)


async def test_nothing_to_do_asks_nothing(tx: Transaction) -> None:
    async with statements_of(tx) as statements:
        assert await update_rows(tx, TABLE, {}) == []
        assert await soft_delete_rows(tx, TABLE, []) == []
        await delete_rows(tx, TABLE, "id", [])

    assert statements == []


async def test_rows_are_removed_by_any_column(tx: Transaction) -> None:
    await tx.execute("INSERT INTO product_tag (id, value) VALUES ('ptag_1', 'a')")
    links = [{"product_id": row_id, "product_tag_id": "ptag_1"} for row_id in IDS]
    await insert_rows(tx, ProductTagLink.__table__, links)

    await delete_rows(tx, ProductTagLink.__table__, "product_id", ["prod_0", "prod_2"])

    assert await tx.fetchval("SELECT string_agg(product_id, ',') FROM product_tags") == "prod_1"


async def test_a_patch_merges_metadata_and_says_whether_the_row_is_there(tx: Transaction) -> None:
    assert await patch_row(tx, TABLE, "prod_0", {"title": "A", "metadata": {"b": 2, "a": ""}})
    assert not await patch_row(tx, TABLE, "prod_none", {"title": "A"})
    assert not await patch_row(tx, TABLE, "prod_none", {"metadata": {"a": 1}})

    # The row's own metadata is merged, whichever other rows there are.
    for key in ("c", "d"):
        assert await patch_row(tx, TABLE, "prod_2", {"metadata": {key: 3}})

    assert await column(tx, "metadata") == [{"b": 2}, {"a": 1}, {"a": 1, "c": 3, "d": 3}]
    assert (await column(tx, "title"))[0] == "A"


TEXT = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
# As large as a request's may be.
NUMBER = st.integers(-(2**63), 2**64 - 1)
VALUES = st.fixed_dictionaries(
    {
        "subtitle": st.none() | st.text(alphabet=TEXT, max_size=9)
        | st.sampled_from(["null", "{}", "'", '"', "\\", "1e3"]),
        "weight": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "is_giftcard": st.booleans(),
        "metadata": st.none() | st.dictionaries(st.sampled_from("ab"), st.none() | NUMBER),
    }
)  # fmt: skip


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(values=VALUES)
async def test_both_ways_of_changing_store_the_same(
    tx: Transaction, values: dict[str, Any]
) -> None:
    names = ", ".join(values)

    await update_rows(tx, TABLE, {"prod_0": values})
    await update_rows(tx, TABLE, {"prod_1": values, "prod_2": {"title": "other keys"}})

    alike = await tx.fetchrow(f"SELECT {names} FROM product WHERE id = 'prod_0'")
    mixed = await tx.fetchrow(f"SELECT {names} FROM product WHERE id = 'prod_1'")
    assert alike is not None
    assert dict(alike) == dict(mixed or {}) == values
