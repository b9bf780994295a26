"""Runs confirmed imports of products."""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

from merx.core.database import Database
from merx.core.errors import InvalidData
from merx.outbox import Event, Subscriber
from merx.providers.file import FileProvider
from merx.web.error_answers import from_database
from merx.workflows.imports.drafts import Fault, Faults, ReadingOptions
from merx.workflows.imports.imports import (
    CONFIRMED,
    Import,
    end_import,
    find_imports,
    forget_unconfirmed,
)
from merx.workflows.imports.reading import read_source
from merx.workflows.imports.running import run_import

# An import that takes longer or is interrupted continues where it stopped.
SECONDS = 3600
_UNCONFIRMED = timedelta(days=1)


def product_import(files: FileProvider) -> Subscriber:
    """The subscriber; `files` holds the uploads."""

    async def handle(event: Event, database: Database) -> None:
        async with database.read() as tx:
            found = await find_imports(tx, event.ids)
        for asked in found:
            await _write(asked, files, database)

    return Subscriber(
        "product_import", (CONFIRMED,), handle, seconds=SECONDS, at_once=1, can_wait=True
    )


async def tidy_imports(database: Database, files: FileProvider) -> None:
    """Delete imports that were not confirmed within a day, and their files."""
    async with database.write() as tx:
        keys = await forget_unconfirmed(tx, older_than=_UNCONFIRMED)
    for key in keys:
        await files.delete(key)


async def _write(asked: Import, files: FileProvider, database: Database) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "products.csv"
        try:
            await fetch_file(files, asked.file_key or "", path)
            source = await asyncio.to_thread(read_source, path, ReadingOptions())
        except InvalidData as error:
            faults = Faults()
            faults.add(Fault(1, "", error.message))
            async with database.write() as tx:
                await end_import(tx, asked, faults, asked.done)
            return
        try:
            await run_import(database, source, asked, from_database, lambda _: None)
        finally:
            source.close()
    await files.delete(asked.file_key or "")


async def fetch_file(files: FileProvider, key: str, path: Path) -> None:
    """Copy a file of the shop to a path; InvalidData if it no longer exists."""
    kept = await files.read(key)
    if kept is None:
        raise InvalidData(f"File with key {key} not found")
    with path.open("wb") as file:
        async for chunk in kept.chunks:
            await asyncio.to_thread(file.write, chunk)
