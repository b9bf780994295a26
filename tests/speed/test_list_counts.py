"""The count of a whole list is a sum kept by triggers, and exact for every reader."""

import asyncio

import asyncpg
import httpx
import pytest
from alembic.script import ScriptDirectory

from merx.core.database import Database, Transaction
from merx.core.migrations import config
from merx.modules.list_count.fold import fold_counts
from merx.operations.doctor import examine
from merx.operations.repair_counts import MISCOUNTED
from tests.answers import good
from tests.factories.customers import make_buyer
from tests.factories.orders import line, make_order
from tests.factories.products import grid, make_items, make_product, variants
from tests.factories.window import Window, make_window
from tests.statements import Statements

DELTAS = "SELECT delta FROM list_count WHERE list = $1 ORDER BY id"
LISTS = {
    "/admin/products": "product",
    "/admin/product-variants": "product_variant",
    "/admin/inventory-items": "inventory_item",
    "/admin/customers": "customer",
    "/admin/orders": "order",
}


async def count(admin: httpx.AsyncClient, path: str, **query: str) -> int:
    answer = await admin.get(path, params={"limit": "1", "fields": "id", **query})
    return good(answer)["count"]


async def deltas(tx: Transaction, name: str) -> list[int]:
    return [record[0] for record in await tx.fetch(DELTAS, name)]


async def test_many_rows_of_one_statement_are_one_change(tx: Transaction) -> None:
    made = await make_product(tx, options=grid(30), variants=variants(grid(30), 30))
    await make_items(tx, 3)

    assert len(made.variant_ids) == 30
    assert await deltas(tx, "product_variant") == [30]
    assert await deltas(tx, "inventory_item") == [30, 3]


async def test_many_rows_that_go_in_one_statement_are_one_change(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(tx, options=grid(30), variants=variants(grid(30), 30))
    path = f"/admin/products/{made.id}/variants/batch"

    update = [{"id": one, "title": "New"} for one in made.variant_ids[:9]]
    good(await admin.post(path, json={"update": update}))
    good(await admin.post(path, json={"delete": made.variant_ids[:9]}))
    await tx.execute("UPDATE product_variant SET deleted_at = NULL WHERE id = ANY($1)",
                     made.variant_ids[:4])  # fmt: skip

    assert await deltas(tx, "product_variant") == [30, -9, 4]
    assert await deltas(tx, "inventory_item") == [30, -9]
    assert await count(admin, "/admin/product-variants") == 25


async def test_lists_are_as_long_as_their_rows_are_many(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    made = await make_product(tx, options=grid(5), variants=variants(grid(5), 5))
    other = await make_product(tx, "Other")
    await make_buyer(tx)
    kept, gone = made.variant_ids[:2]

    good(await admin.delete(f"/admin/products/{made.id}/variants/{gone}"))
    good(await admin.delete(f"/admin/products/{other.id}"))

    assert await count(admin, "/admin/products") == 1
    assert await count(admin, "/admin/product-variants") == 4
    assert await count(admin, "/admin/product-variants", id=kept) == 1
    assert await count(admin, "/admin/products", with_deleted="true") == 2
    assert await count(admin, "/admin/customers") == 1
    assert await examine(tx) == []


async def test_a_draft_counts_once_it_is_an_order(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    draft = await make_order(tx, line(), is_draft_order=True)
    await make_order(tx, line())

    before = await count(admin, "/admin/orders")
    good(await admin.post(f"/admin/draft-orders/{draft.id}/convert-to-order"))

    assert (before, await count(admin, "/admin/orders")) == (1, 2)
    assert await deltas(tx, "order") == [1, 1]


@pytest.mark.parametrize("path", LISTS)
async def test_a_whole_list_is_not_counted_row_by_row(
    admin: httpx.AsyncClient, statements: Statements, path: str
) -> None:
    [whole] = await statements.of(admin.get(path))
    [some] = await statements.of(admin.get(path, params={"q": "x"}))

    assert "list_count" in whole
    assert "SELECT count(*)" not in whole
    assert "SELECT count(*)" in some


@pytest.mark.commits
async def test_everybody_counts_what_they_see(database: Database) -> None:
    total = "SELECT coalesce(sum(delta), 0)::int FROM list_count WHERE list = 'product'"
    async with database.write() as one, database.write() as two:
        await make_product(one, "One")
        await make_product(two, "Two")
        assert (await one.fetchval(total), await two.fetchval(total)) == (1, 1)
    async with database.write() as three:
        await make_product(three, "Three")
        # What is written meanwhile is not lost when the counts are summed up.
        async with database.write() as job:
            await fold_counts(job)
    async with database.write() as tx:
        assert await tx.fetchval(total) == 3
        await fold_counts(tx)
        assert await deltas(tx, "product") == [3]
        await tx.execute("DELETE FROM product_variant")
        await tx.execute("TRUNCATE product CASCADE")
        await fold_counts(tx)
        assert await tx.fetchval("SELECT count(*) FROM list_count WHERE list = 'product'") == 0


async def test_the_doctor_counts_again(tx: Transaction) -> None:
    await make_product(tx)
    await tx.execute("UPDATE list_count SET delta = 7 WHERE list = 'product'")

    [found] = await examine(tx, repair=True)

    assert (found.id, found.details) == ("product", "7 counted, 1 present")
    assert await examine(tx) == []


@pytest.fixture
async def window(tx: Transaction) -> Window:
    return await make_window(tx)


async def channel_of(tx: Transaction, window: Window) -> str:
    found = "SELECT sales_channel_id FROM product_sales_channel WHERE product_id = $1"
    return await tx.fetchval(found, window.ids["products"])


async def _offers(tx: Transaction) -> tuple[int, int]:
    """What is kept of the offers of all channels, and what there is."""
    kept = await tx.fetchval(
        "SELECT coalesce(sum(delta), 0)::int FROM list_count WHERE list LIKE 'store_product:%'"
    )
    present = await tx.fetchval(
        "SELECT count(*)::int FROM product_sales_channel l JOIN product p ON p.id = l.product_id"
        " WHERE p.status = 'published' AND p.deleted_at IS NULL"
    )
    assert await tx.fetch(MISCOUNTED) == []
    return kept, present


async def test_offers_of_a_channel_are_counted_whatever_changes_them(
    admin: httpx.AsyncClient, client: httpx.AsyncClient, tx: Transaction, window: Window
) -> None:
    shown, channel = window.ids["products"], await channel_of(tx, window)

    async def listed() -> int:
        asked = {"limit": "1", "fields": "id"}
        answer = await client.get("/store/products", params=asked, headers=window.headers)
        assert good(answer)["count"] == len(good(answer)["products"])
        kept, present = await _offers(tx)
        assert kept == present
        return good(answer)["count"]

    path = f"/admin/sales-channels/{channel}/products"
    assert await listed() == 1
    good(await admin.post(f"/admin/products/{shown}", json={"status": "draft"}))
    assert await listed() == 0
    good(await admin.post(path, json={"remove": [shown]}))
    good(await admin.post(f"/admin/products/{shown}", json={"status": "published"}))
    assert await listed() == 0
    good(await admin.post(path, json={"add": [shown]}))
    assert await listed() == 1
    good(await admin.post(f"/admin/products/{shown}", json={"sales_channels": []}))
    assert await listed() == 0
    good(await admin.post(path, json={"add": [shown]}))
    good(await admin.delete(f"/admin/products/{shown}"))
    assert await listed() == 0
    await tx.execute("TRUNCATE product_sales_channel")
    assert await _offers(tx) == (0, 0)


async def test_rows_that_are_deleted_do_not_count(tx: Transaction, window: Window) -> None:
    shown = window.ids["products"]

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with tx.transaction():
            await tx.execute("DELETE FROM product WHERE id = $1", shown)
    assert await _offers(tx) == (2, 2)

    await tx.execute("DELETE FROM product_sales_channel")
    assert await _offers(tx) == (0, 0)


async def test_what_is_there_before_the_triggers_is_counted_once(
    tx: Transaction, window: Window
) -> None:
    """Of four products in two channels one is a draft and one is deleted."""
    await make_product(tx, "Unlinked", status="published")
    await tx.execute("DELETE FROM list_count WHERE list LIKE 'store_product:%'")
    # Of the triggers' first moments, before the first count.
    await tx.execute("UPDATE product SET status = 'draft' WHERE id = $1", window.ids["products"])
    script = ScriptDirectory.from_config(config("")).get_revision("0040")

    await tx.execute(script.module.FIRST_COUNT)
    await tx.execute(script.module.FIRST_COUNT)

    assert await _offers(tx) == (1, 1)


@pytest.mark.commits
@pytest.mark.parametrize("is_first", [True, False], ids=["publishes", "links"])
async def test_who_publishes_and_who_links_a_product_at_once_count_it_once(
    database: Database, *, is_first: bool
) -> None:
    async with database.write() as tx:
        made = await make_product(tx, status="draft")
        await tx.execute("INSERT INTO sales_channel (id, name) VALUES ('sc_race', 'Race')")
    works = (
        "UPDATE product SET status = 'published' WHERE id = $1",
        "INSERT INTO product_sales_channel (id, product_id, sales_channel_id)"
        " VALUES ('psc_race', $1, 'sc_race')",
    )
    first, second = works if is_first else works[::-1]
    async with database.write() as one:
        await one.execute(first, made.id)

        async def other() -> None:
            async with database.write() as two:
                await two.execute(second, made.id)

        waiting = asyncio.create_task(other())
        await asyncio.sleep(0.1)
        assert not waiting.done()
    await waiting

    async with database.write() as tx:
        assert await _offers(tx) == (1, 1)


async def test_the_doctor_counts_offers_again(tx: Transaction, window: Window) -> None:
    name = f"store_product:{await channel_of(tx, window)}"
    await tx.execute("UPDATE list_count SET delta = 7 WHERE list = $1", name)

    found = await examine(tx, repair=True)

    assert name in [one.id for one in found]
    assert await tx.fetch(MISCOUNTED) == []
