"""Writes exports to files, and notifies the admins of each."""

from collections.abc import AsyncIterator, Callable

from merx.core.database import Database, Transaction
from merx.outbox import Event, Subscriber
from merx.providers.file import FileProvider
from merx.workflows.stock.exports import (
    RequestedExport,
    find_exports,
    requested,
    tell_of_export,
    tell_of_failure,
)

SECONDS = 900

# The fields of the file that a query selects.
Writing = Callable[[Transaction, str], AsyncIterator[bytes]]


def file_export(
    kind: str, title: str, files: FileProvider, parts: Writing, *, public_url: str
) -> Subscriber:
    """The subscriber that writes exports of one kind."""

    async def write(asked: RequestedExport, database: Database) -> None:
        async with database.snapshot() as tx:
            await files.write(asked.file_key, parts(tx, asked.query))
        url = f"{public_url.rstrip('/')}/static/{asked.file_key}"
        async with database.write() as tx:
            await tell_of_export(tx, asked, title, url=url)

    async def handle(event: Event, database: Database) -> None:
        async with database.read() as tx:
            found = await find_exports(tx, event.ids)
        for asked in found:
            try:
                await write(asked, database)
            except Exception:
                async with database.write() as tx:
                    await tell_of_failure(tx, asked, title)
                raise

    return Subscriber(
        f"{kind.replace('-item', '').replace('-', '_')}_export",
        (requested(kind),),
        handle,
        seconds=SECONDS,
        at_once=1,
        can_wait=True,
    )
