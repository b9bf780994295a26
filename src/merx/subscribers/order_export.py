"""Writes exports of orders to files."""

from collections.abc import Callable

from merx.outbox import Subscriber
from merx.providers.file import FileProvider
from merx.query.plan import Plan
from merx.subscribers.file_export import file_export
from merx.workflows.orders.order_csv import write_orders

Reading = Callable[[str], Plan]


def order_export(files: FileProvider, read: Reading, *, public_url: str) -> Subscriber:
    """The subscriber; `read` parses the query of a request."""
    return file_export(
        "order",
        "Order export",
        files,
        lambda tx, query: write_orders(tx, read(query)),
        public_url=public_url,
    )
