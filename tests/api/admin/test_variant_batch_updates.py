"""/admin/products/{id}/variants/batch: updates and deletions that are refused."""

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import problems, refused
from tests.factories.products import (
    Made,
    make_product,
    make_variant,
    make_variants,
    prices,
    variant,
)


@pytest.fixture
async def shirt(tx: Transaction) -> Made:
    return await make_product(tx)


@pytest.fixture
def path(shirt: Made) -> str:
    return f"/admin/products/{shirt.id}/variants/batch"


async def stored(tx: Transaction, product_id: str) -> list[str]:
    """Titles of a product's live variants, in the order they were made."""
    records = await tx.fetch(
        "SELECT title FROM product_variant WHERE product_id = $1 AND deleted_at IS NULL"
        " ORDER BY id",
        product_id,
    )
    return [record["title"] for record in records]


async def test_updates_name_every_id_that_the_product_does_not_have(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    mine = await make_variant(tx, shirt.id, "mine")
    other = await make_product(tx, "Other")
    foreign = await make_variant(tx, other.id, "foreign")
    batch = {"update": [{"id": given, "title": "x"} for given in ("none", mine, foreign)]}

    answer = await admin.post(path, json=batch)

    assert refused(answer) == f"Cannot update non-existing variants with ids: none, {foreign}"
    assert list(problems(answer)) == ["update[0].id", "update[2].id"]
    assert await stored(tx, shirt.id) == ["mine"]
    assert await stored(tx, other.id) == ["foreign"]


async def test_deletes_name_every_variant_of_another_product(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    mine = await make_variant(tx, shirt.id, "mine")
    other = await make_product(tx, "Other")
    foreign = await make_variants(tx, other.id, [variant("a"), variant("b")])

    answer = await admin.post(path, json={"delete": [foreign[1], mine, "none", foreign[0]]})

    named = f"{foreign[1]}, {foreign[0]}"
    assert refused(answer) == f"Variants with ids: {named} belong to another product"
    assert list(problems(answer)) == ["delete[0]", "delete[3]"]
    assert await stored(tx, shirt.id) == ["mine"]


async def test_updating_a_variant_twice_in_one_call_is_refused(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    one, two = await make_variants(tx, shirt.id, [variant("one"), variant("two")])
    batch = {"update": [{"id": given, "title": "x"} for given in (one, two, one)]}

    answer = await admin.post(path, json=batch)

    assert refused(answer) == f"Cannot update variants more than once in one call: {one}"
    assert list(problems(answer)) == ["update[0].id", "update[2].id"]


async def test_bad_prices_of_updates_are_named_by_row(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    one, two = await make_variants(tx, shirt.id, [variant("one"), variant("two")])
    unknown = {
        "update": [
            {"id": one, "prices": prices(usd=1)},
            {"id": two, "prices": prices(usd=1, zzz=1)},
        ]
    }
    foreign = {
        "update": [
            {"id": one, "prices": [{"id": "price_1", "amount": 1}]},
            {"id": two, "prices": [*prices(usd=1), {"id": "price_2", "amount": 1}]},
        ]
    }

    currencies = await admin.post(path, json=unknown)
    ids = await admin.post(path, json=foreign)

    assert list(problems(currencies)) == ["update[1].prices[1].currency_code"]
    assert list(problems(ids)) == ["update[0].prices[0].id", "update[1].prices[1].id"]
