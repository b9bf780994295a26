"""Products as documents of a search engine, which an event keeps up with them.

Only what is published is written; what is not, or is deleted, is taken out. An event may come late,
twice, or while another one of the same product is under way. So the rows are read as they are now,
and once more after they were written: whoever wrote what was out of date by then writes again.
"""

from collections.abc import Iterable
from datetime import datetime

from merx.core.database import Database, Transaction
from merx.outbox import emit
from merx.providers.search import Document, SearchEngine

# The event that asks for products to be written to the index once more.
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
    """Let the index hold these products as they are. No connection is held meanwhile."""
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
    """The products of variants, also of deleted ones."""
    async with database.read() as connection:
        return [record[0] for record in await connection.fetch(_PRODUCTS, variant_ids)]


async def request_rewrite(tx: Transaction, since: datetime | None) -> None:
    """Ask for all products, or those that changed since a time, to be written once more. They are
    events, so a process or an engine that ends meanwhile loses none."""
    await emit(tx, WRITE_REQUESTED, [record[0] for record in await tx.fetch(_CHANGED, since)])


async def count_pending(tx: Transaction) -> int:
    """How many products are still to be written of those that were asked for."""
    return int(await tx.fetchval(_PENDING, WRITE_REQUESTED, SUBSCRIBER))
