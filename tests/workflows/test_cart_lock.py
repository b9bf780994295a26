"""A transaction that waited for a cart's lock sees the changes of the one that held it."""

import asyncio

import httpx
import pytest

from merx.core.database import Database, Transaction
from merx.providers.tax import SystemTaxProvider
from merx.workflows.selling.carts.draft import Draft, Stored
from merx.workflows.selling.carts.lines import Wanted, append_line
from merx.workflows.selling.carts.load import lock_cart
from merx.workflows.selling.carts.outside import Answers
from merx.workflows.selling.carts.refresh import refresh
from merx.workflows.selling.carts.save import save_cart
from merx.workflows.selling.payment_collections import cart_collection
from tests.answers import good, refused
from tests.factories.shop import Shop, make_cart, make_goods, make_paid_cart, make_shop
from tests.workflows.support import until_waiting

pytestmark = pytest.mark.commits


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Mug", 14.5)
    await make_goods(tx, shop, "Cup", 9)
    return shop


@pytest.fixture
async def cart_id(client: httpx.AsyncClient, shop: Shop) -> str:
    return (await make_cart(client, shop, ("Mug", 1)))["id"]


async def lock(database: Database, cart_id: str) -> Draft:
    async with database.write() as tx:
        return await lock_cart(tx, cart_id)


async def owe(database: Database, cart_id: str) -> str | None:
    async with database.write() as tx:
        return await cart_collection(tx, cart_id)


async def test_a_line_that_was_added_meanwhile(
    database: Database, shop: Shop, cart_id: str
) -> None:
    async with database.write() as first:
        draft = await lock_cart(first, cart_id)
        second = asyncio.create_task(lock(database, cart_id))
        await until_waiting(database)
        stored = Stored.of(draft)
        append_line(draft, Wanted(shop.goods["Cup"], 2))
        await refresh(first, draft, Answers({SystemTaxProvider.id: SystemTaxProvider()}, {}))
        await save_cart(first, draft, stored, "cart.updated")

    found = await second

    assert [line.title for line in found.lines] == ["Mug", "Cup"]
    assert found.version == draft.version + 1
    assert draft.totals is not None
    assert found.total == draft.totals.total


async def test_a_payment_collection_that_was_made_meanwhile(
    database: Database, cart_id: str
) -> None:
    async with database.write() as first:
        collection_id = await cart_collection(first, cart_id)
        second = asyncio.create_task(lock(database, cart_id))
        third = asyncio.create_task(owe(database, cart_id))
        await until_waiting(database, 2)

    assert (await second).collection_id == collection_id
    assert await third == collection_id


async def test_nothing_of_a_holder_that_rolls_back(database: Database, cart_id: str) -> None:
    async with database.read() as first:
        transaction = first.transaction()
        await transaction.start()
        await cart_collection(first, cart_id)
        second = asyncio.create_task(lock(database, cart_id))
        await until_waiting(database)
        await transaction.rollback()

    assert (await second).collection_id is None


_REPLACE = """INSERT INTO payment_session (id, currency_code, amount, provider_id, data, status,
  payment_collection_id)
SELECT 'payses_new', currency_code, amount, provider_id, data, status, payment_collection_id
FROM payment_session"""
_DROP = "UPDATE payment_session SET deleted_at = now() WHERE id <> 'payses_new'"


@pytest.mark.parametrize("is_replaced", [True, False])
async def test_a_payment_session_that_was_replaced_meanwhile(
    database: Database, client: httpx.AsyncClient, shop: Shop, is_replaced: bool
) -> None:
    cart = await make_paid_cart(client, shop, ("Mug", 1))
    async with database.write() as first:
        await first.execute("UPDATE payment_session SET updated_at = now()")
        path = f"/store/carts/{cart['id']}/complete"
        second = asyncio.create_task(client.post(path, headers=shop.headers))
        await until_waiting(database)
        if is_replaced:
            await first.execute(_REPLACE)
        await first.execute(
            "UPDATE payment_session SET deleted_at = now() WHERE id <> 'payses_new'"
        )

    answer = await second

    if is_replaced:
        assert good(answer)["type"] == "order"
        async with database.read() as tx:
            paid = await tx.fetchval("SELECT payment_session_id FROM payment")
        assert paid == "payses_new"
    else:
        assert refused(answer) == "Payment sessions are required to complete cart"
