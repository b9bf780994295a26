"""`/admin/customers/{id}/addresses`: one default of each kind, and nobody else's address."""

import asyncpg
import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.customers import make_address
from tests.factories.taxes import make_customer
from tests.observed import emitted


@pytest.fixture
async def ann(tx: Transaction) -> str:
    return await make_customer(tx, "ann@shop.test")


@pytest.fixture
def path(ann: str) -> str:
    return f"/admin/customers/{ann}/addresses"


async def defaults(tx: Transaction) -> dict[str, str]:
    """The city of the default address of each kind."""
    kinds = ("shipping", "billing")
    query = "SELECT city FROM customer_address WHERE deleted_at IS NULL AND is_default_{}"
    return {kind: await tx.fetchval(query.format(kind)) for kind in kinds}


async def test_a_new_default_takes_the_place_of_the_old_one(
    admin: httpx.AsyncClient, tx: Transaction, path: str, ann: str
) -> None:
    both = {"is_default_shipping": True, "is_default_billing": True}
    good(await admin.post(path, json={"city": "A", **both}))
    await make_customer(tx, "bob@shop.test")
    good(await admin.post(path, json={"city": "B", "is_default_shipping": True}))
    assert await defaults(tx) == {"shipping": "B", "billing": "A"}

    first = await tx.fetchval("SELECT id FROM customer_address WHERE city = 'A'")
    good(await admin.post(f"{path}/{first}", json={"is_default_shipping": True}))
    assert await defaults(tx) == {"shipping": "A", "billing": "A"}

    good(await admin.post(f"{path}/{first}", json={"is_default_billing": False, "city": "A2"}))
    assert await defaults(tx) == {"shipping": "A2", "billing": None}

    good(await admin.delete(f"{path}/{first}"))
    assert await defaults(tx) == {"shipping": None, "billing": None}


async def test_each_customer_has_defaults_of_its_own(
    admin: httpx.AsyncClient, tx: Transaction, path: str
) -> None:
    bob = await make_customer(tx, "bob@shop.test")

    for each in (path, f"/admin/customers/{bob}/addresses"):
        good(await admin.post(each, json={"is_default_billing": True}))

    count = "SELECT count(*) FROM customer_address WHERE is_default_billing"
    assert await tx.fetchval(count) == 2


@pytest.mark.parametrize("kind", ["shipping", "billing"])
async def test_the_database_refuses_a_second_default(tx: Transaction, ann: str, kind: str) -> None:
    for city in ("A", "B"):
        await make_address(tx, ann, city)

    with pytest.raises(asyncpg.UniqueViolationError):
        await tx.execute(f"UPDATE customer_address SET is_default_{kind} = true")


async def test_an_address_is_reached_through_its_own_customer_only(
    admin: httpx.AsyncClient, tx: Transaction, path: str
) -> None:
    bob = await make_customer(tx, "bob@shop.test")
    his = await make_address(tx, bob, "Bonn")
    words = f"Address with id: {his} was not found"

    for answer in (
        await admin.get(f"{path}/{his}"),
        await admin.post(f"{path}/{his}", json={"city": "Stolen", "is_default_shipping": True}),
        await admin.delete(f"{path}/{his}"),
        await admin.post(f"/admin/customers/cus_none/addresses/{his}", json={"city": "Stolen"}),
        await admin.delete(f"/admin/customers/cus_none/addresses/{his}"),
    ):
        assert refused(answer, 404) == words

    row = await tx.fetchrow("SELECT * FROM customer_address WHERE id = $1", his)
    assert row is not None
    assert (row["city"], row["is_default_shipping"], row["deleted_at"]) == ("Bonn", False, None)
    assert good(await admin.get(path))["count"] == 0


async def test_metadata_is_merged_and_events_tell_of_addresses(
    admin: httpx.AsyncClient, tx: Transaction, path: str
) -> None:
    good(await admin.post(path, json={"metadata": {"a": 1, "b": 2}}))
    address = good(await admin.get(path))["addresses"][0]["id"]
    good(await admin.post(f"{path}/{address}", json={"metadata": {"a": "", "c": 3}}))
    stored = good(await admin.get(f"{path}/{address}"))["address"]["metadata"]
    good(await admin.delete(f"{path}/{address}"))
    good(await admin.delete(f"{path}/{address}"))

    assert stored == {"b": 2, "c": 3}
    events = await emitted(tx)
    for what in ("created", "updated", "deleted"):
        assert events[f"customer-address.{what}"] == [address]


async def test_a_deleted_customer_gets_no_address(
    admin: httpx.AsyncClient, tx: Transaction, path: str, ann: str
) -> None:
    await tx.execute("UPDATE customer SET deleted_at = now()")

    answer = await admin.post(path, json={"city": "x"})

    assert refused(answer, 404) == (
        f"You tried to set relationship customer_id: {ann}, but such entity does not exist"
    )
