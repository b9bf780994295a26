"""Writes exports of inventory items to files."""

from collections.abc import Callable

from merx.core.database import Database
from merx.outbox import Event, Subscriber
from merx.providers.file import FileProvider
from merx.workflows.stock.exports import (
    Asked,
    find_exports,
    requested,
    tell_of_export,
    tell_of_failure,
)
from merx.workflows.stock.inventory_csv import ItemExport, write_items

TITLE = "Inventory export"
SECONDS = 900

Reading = Callable[[str], ItemExport]


def inventory_export(files: FileProvider, read: Reading, *, public_url: str) -> Subscriber:
    """The subscriber; `read` understands the queries of requests."""

    async def write(asked: Asked, database: Database) -> None:
        async with database.snapshot() as tx:
            await files.write(asked.file_key, write_items(tx, read(asked.query)))
        url = f"{public_url.rstrip('/')}/static/{asked.file_key}"
        async with database.write() as tx:
            await tell_of_export(tx, asked, TITLE, url=url)

    async def handle(event: Event, database: Database) -> None:
        async with database.read() as tx:
            found = await find_exports(tx, event.ids)
        for asked in found:
            try:
                await write(asked, database)
            except Exception:
                async with database.write() as tx:
                    await tell_of_failure(tx, asked, TITLE)
                raise

    return Subscriber(
        "inventory_export",
        (requested("inventory-item"),),
        handle,
        seconds=SECONDS,
        at_once=1,
        can_wait=True,
    )
