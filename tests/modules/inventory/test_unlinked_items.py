"""Which items, by their sku, a variant can still be given."""

import asyncio

import pytest

from merx.core.database import Database, Transaction
from merx.modules.inventory.service import find_unlinked_items
from tests.factories.products import item_of, link, make_item, make_product, make_variant
from tests.observed import statements_of
from tests.workflows.support import until_waiting


async def test_items_that_a_variant_takes_are_not_among_them(tx: Transaction) -> None:
    product = await make_product(tx)
    taken = await make_variant(tx, product.id, sku="taken")
    free = await make_item(tx, "free")

    found = await find_unlinked_items(tx, ["taken", "free", "free", "unknown"])

    assert await item_of(tx, taken)
    assert found == {"free": free}


async def test_any_number_of_skus_takes_two_statements(tx: Transaction) -> None:
    for number in range(30):
        await make_item(tx, f"sku {number}")

    async with statements_of(tx) as statements:
        found = await find_unlinked_items(tx, [f"sku {number}" for number in range(40)])

    assert (len(found), len(statements)) == (30, 2)


@pytest.mark.commits
async def test_an_item_that_is_linked_at_the_same_time_is_not_among_them(
    tx: Transaction, database: Database
) -> None:
    product = await make_product(tx)
    variant = await make_variant(tx, product.id, manage_inventory=False)
    item = await make_item(tx, "wanted")

    async with database.write() as other:
        async with database.write() as linking:
            await link(linking, product.id, variant, item)
            looking = asyncio.create_task(find_unlinked_items(other, ["wanted"]))
            await until_waiting(database)
        found = await looking

    assert found == {}
