"""Keeps a search engine's index up to date with the products."""

from merx.core.database import Database
from merx.modules.product.search_documents import (
    SUBSCRIBER,
    WRITE_REQUESTED,
    keep_up,
    products_of,
)
from merx.outbox import Event, Subscriber
from merx.providers.search import SearchEngine

_OF_PRODUCTS = ("product.created", "product.updated", "product.deleted", WRITE_REQUESTED)
_OF_VARIANTS = (
    "product-variant.created",
    "product-variant.updated",
    "product-variant.deleted",
)


def search_engine(engine: SearchEngine) -> Subscriber:
    """The subscriber that indexes the products of an event as they are now."""

    async def write(event: Event, database: Database) -> None:
        is_variant = event.name in _OF_VARIANTS
        ids = await products_of(database, event.ids) if is_variant else event.ids
        await keep_up(database, engine, ids)

    events = (*_OF_PRODUCTS, *_OF_VARIANTS)
    return Subscriber(SUBSCRIBER, events, write, seconds=120, at_once=2, can_wait=True)
