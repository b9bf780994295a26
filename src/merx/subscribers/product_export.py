"""Writes exports of products to files."""

from collections.abc import Callable

from merx.outbox import Subscriber
from merx.providers.file import FileProvider
from merx.subscribers.file_export import file_export
from merx.workflows.imports.product_csv import ProductExport, write_csv

Reading = Callable[[str], ProductExport]


def product_export(files: FileProvider, read: Reading, *, public_url: str) -> Subscriber:
    """The subscriber; `read` parses the query of a request."""
    return file_export(
        "product",
        "Product export",
        files,
        lambda tx, query: write_csv(tx, read(query)),
        public_url=public_url,
    )
