"""Products as documents of a search engine, kept up to date by events.

Only published products are indexed; others, and deleted ones, are removed. An event may arrive
late, twice, or while another one about the same product is being handled. The rows are therefore
read as they are now, and again after they were indexed: if they changed meanwhile, they are indexed
again.
"""

from collections.abc import Iterable
from datetime import datetime

from merx.core.database import Database, Transaction
from merx.outbox import emit
from merx.providers.search import Document, SearchEngine

# The event that asks for products to be indexed again.
WRITE_REQUESTED = "search-index.write_requested"
SUBSCRIBER = "search_engine"
_ROUNDS = 5

_READ = """
SELECT p.id, p.title, p.subtitle, p.handle, left(p.description, 50000) AS description,
  coalesce((SELECT array_agg(c.code ORDER BY c.code) FROM product_variant v
    CROSS JOIN LATERAL unnest(ARRAY[v.sku, v.barcode, v.ean, v.upc]) AS c(code)
    WHERE v.product_id = p.id AND v.deleted_at IS NULL AND c.code IS NOT NULL), '{}') AS codes
FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (SELECT * FROM product t WHERE t.id = given.id OFFSET 0) p
WHERE p.status = 'published' AND p.deleted_at IS NULL ORDER BY p.id"""
_PRODUCTS = "SELECT DISTINCT product_id FROM product_variant WHERE id = ANY($1::text[])"
_CHANGED = "SELECT id FROM product WHERE $1::timestamptz IS NULL OR updated_at >= $1 ORDER BY id"
_PENDING = """
SELECT coalesce(sum(jsonb_array_length(e.ids)), 0) FROM event e
WHERE e.name = $1 AND (e.relayed_at IS NULL OR EXISTS (
  SELECT FROM event_delivery d
  WHERE d.event_id = e.id AND d.subscriber = $2 AND d.state = 'pending'))"""


async def keep_up(database: Database, engine: SearchEngine, ids: Iterable[str]) -> None:
    """Update the index for these products. No connection is held while the engine is called."""
    wanted = sorted(set(ids))
    written: list[Document] | None = None
    for _ in range(_ROUNDS):
        async with database.read() as connection:
            records = await connection.fetch(_READ, wanted)
        documents = [Document(**dict(record)) for record in records]
        if documents == written:
            return
        await engine.write(documents)
        kept = {document.id for document in documents}
        await engine.remove([each for each in wanted if each not in kept])
        written = documents
    raise RuntimeError("The products change faster than the search engine writes them")


async def products_of(database: Database, variant_ids: list[str]) -> list[str]:
    """The products of variants, including deleted ones."""
    async with database.read() as connection:
        return [record[0] for record in await connection.fetch(_PRODUCTS, variant_ids)]


async def request_rewrite(tx: Transaction, since: datetime | None) -> None:
    """Queue all products, or those changed since a time, for indexing.

    They are queued as events, so that nothing is lost if a process or the engine stops.
    """
    await emit(tx, WRITE_REQUESTED, [record[0] for record in await tx.fetch(_CHANGED, since)])


async def count_pending(tx: Transaction) -> int:
    """The number of queued products that are not indexed yet."""
    return int(await tx.fetchval(_PENDING, WRITE_REQUESTED, SUBSCRIBER))
