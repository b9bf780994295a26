"""Transactions that wait for each other, and traces of incomplete changes."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from merx.core.database import Database, Transaction

# Seconds; a busy machine is slow with 5,000 rows.
PATIENCE = 30

WAITING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'"""

# Live rows whose parent is deleted.
LOOSE_ENDS = {
    "variant of a deleted product": """
        SELECT v.id FROM product_variant v JOIN product p ON p.id = v.product_id
        WHERE v.deleted_at IS NULL AND p.deleted_at IS NOT NULL""",
    "link of a deleted variant": """
        SELECT l.id FROM product_variant_inventory_item l
        JOIN product_variant v ON v.id = l.variant_id WHERE v.deleted_at IS NOT NULL""",
    "link to a deleted item": """
        SELECT l.id FROM product_variant_inventory_item l
        JOIN inventory_item i ON i.id = l.inventory_item_id WHERE i.deleted_at IS NOT NULL""",
    "price set of a deleted variant": """
        SELECT s.id FROM price_set s JOIN product_variant v ON v.price_set_id = s.id
        WHERE s.deleted_at IS NULL AND v.deleted_at IS NOT NULL""",
    "price of a deleted price set": """
        SELECT p.id FROM price p JOIN price_set s ON s.id = p.price_set_id
        WHERE p.deleted_at IS NULL AND s.deleted_at IS NOT NULL""",
    "price set of nothing": """
        SELECT s.id FROM price_set s WHERE s.deleted_at IS NULL
        AND NOT EXISTS (SELECT FROM product_variant v WHERE v.price_set_id = s.id)""",
    "sales channel of a product that is gone": """
        SELECT l.id FROM product_sales_channel l
        JOIN sales_channel c ON c.id = l.sales_channel_id WHERE c.deleted_at IS NOT NULL""",
}


async def loose_ends(tx: Transaction) -> dict[str, list[str]]:
    """Rows that no sequence of complete requests can leave behind."""
    found = {name: await tx.fetch(query) for name, query in LOOSE_ENDS.items()}
    return {name: [record[0] for record in records] for name, records in found.items() if records}


async def until_waiting(database: Database, count: int = 1) -> list[int]:
    """Wait until `count` sessions of the database wait for a lock; returns their process ids."""
    async with asyncio.timeout(PATIENCE), database.read() as connection:
        while True:
            found = await connection.fetch(WAITING)
            if len(found) >= count:
                return [record[0] for record in found]
            await asyncio.sleep(0.002)


@asynccontextmanager
async def holding(database: Database, statement: str, *values: Any) -> AsyncGenerator[Transaction]:
    """A transaction that has run the statement and keeps its locks until the block ends."""
    async with database.write() as tx:
        await tx.execute(statement, *values)
        yield tx


def faulty_requests_to(app: FastAPI, admin: httpx.AsyncClient) -> httpx.AsyncClient:
    """Requests of the admin that get exceptions of the app as responses, as over a network."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=admin.base_url, headers=admin.headers)


async def post_all(
    client: httpx.AsyncClient, path: str, bodies: Sequence[dict[str, Any]]
) -> list[httpx.Response]:
    """Post all bodies to one path concurrently."""
    return await asyncio.gather(*(client.post(path, json=body) for body in bodies))


def winner_and_losers(answers: Sequence[httpx.Response]) -> tuple[httpx.Response, list[Any]]:
    """The only successful response, and the errors of the others: status, type and message."""
    won = [answer for answer in answers if answer.is_success]
    lost = [answer for answer in answers if not answer.is_success]
    assert len(won) == 1, [answer.text for answer in answers]
    return won[0], [(a.status_code, a.json()["type"], a.json()["message"]) for a in lost]


# The tables that a batch of variants writes.
WRITTEN = (
    "event",
    "inventory_item",
    "inventory_level",
    "price",
    "price_rule",
    "price_set",
    "product",
    "product_variant",
    "product_variant_inventory_item",
    "product_variant_option",
)


async def contents(tx: Transaction) -> dict[str, tuple[int, str]]:
    """The number of rows and a digest of each table that a batch of variants writes."""
    digest = "SELECT count(*), md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {} t"
    return {table: tuple(await tx.fetchrow(digest.format(table))) for table in WRITTEN}


async def until_idle(tx: Transaction) -> None:
    """Wait until all other sessions of the database are idle, including those of killed servers."""
    busy = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()"""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await tx.fetchval(busy) == 0:
                return
            await asyncio.sleep(0.005)
