"""Writes exports of inventory items to files."""

from collections.abc import Callable

from merx.outbox import Subscriber
from merx.providers.file import FileProvider
from merx.subscribers.file_export import SECONDS, file_export
from merx.workflows.stock.inventory_csv import ItemExport, write_items

__all__ = ["SECONDS", "TITLE", "inventory_export"]

TITLE = "Inventory export"

Reading = Callable[[str], ItemExport]


def inventory_export(files: FileProvider, read: Reading, *, public_url: str) -> Subscriber:
    """The subscriber; `read` parses the query of a request."""
    return file_export(
        "inventory-item",
        TITLE,
        files,
        lambda tx, query: write_items(tx, read(query)),
        public_url=public_url,
    )
