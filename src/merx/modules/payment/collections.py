"""Payment collections: the amount due, and the status of its payments."""

from collections.abc import Iterable
from decimal import Decimal

from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.core.ids import new_id

_CREATE = """INSERT INTO payment_collection (id, currency_code, amount)
SELECT $1, code, trim_scale(round($3, decimal_digits)) FROM currency WHERE code = $2"""

# A collection is canceled together with its order, and stays so. `also` are payments that the same
# statement inserts, and therefore does not see.
_SUMS = """UPDATE payment_collection c SET
  authorized_amount = sums.authorized, captured_amount = sums.captured,
  refunded_amount = sums.refunded, updated_at = now(),
  status = CASE WHEN sums.payments = 0 THEN 'not_paid'
    WHEN c.status = 'canceled' THEN 'canceled'
    WHEN sums.captured >= c.amount THEN 'completed'
    WHEN sums.held >= c.amount THEN 'authorized'
    WHEN sums.held > 0 THEN 'partially_authorized'
    ELSE 'canceled' END,
  completed_at = CASE WHEN sums.payments > 0 AND sums.captured >= c.amount THEN now() END
FROM (SELECT coalesce(sum(p.amount), 0) AS authorized, count(*) AS payments,
    coalesce(sum(p.amount) FILTER (WHERE p.canceled_at IS NULL), 0) AS held,
    coalesce(sum(p.captured_amount), 0) AS captured,
    coalesce(sum(p.refunded_amount), 0) AS refunded
  FROM (SELECT amount, canceled_at, captured_amount, refunded_amount FROM payment
    WHERE payment_collection_id = $1 AND deleted_at IS NULL{also}) p) sums
WHERE c.id = $1 AND c.deleted_at IS NULL"""
_REFRESH = _SUMS.format(also="")
REFRESH_WITH_NEW = _SUMS.format(also=" UNION ALL SELECT $2::numeric, NULL, 0, 0")
"""Recomputes the sums of a collection ($1) to which the statement adds a payment ($2)."""


async def insert_collection(tx: Transaction, currency_code: str, amount: Decimal) -> str:
    """Insert a collection, with its amount rounded to the currency; returns its id."""
    collection_id = new_id("pay_col")
    await tx.execute(_CREATE, collection_id, currency_code, amount)
    return collection_id


async def refresh_collection(tx: Transaction, collection_id: str) -> None:
    """Recompute the sums of a collection after one of its payments changed."""
    await tx.execute(_REFRESH, collection_id)


async def is_live(tx: Transaction, collection_id: str) -> bool:
    """Whether the collection was not deleted."""
    text = "SELECT true FROM payment_collection WHERE id = $1 AND deleted_at IS NULL"
    return bool(await tx.fetchval(text, collection_id))


async def lock_collection(tx: Transaction, collection_id: str) -> None:
    """Lock a live collection until the transaction ends; NotFound if there is none."""
    held = await tx.fetchval(
        "SELECT true FROM payment_collection WHERE id = $1 AND deleted_at IS NULL"
        " FOR NO KEY UPDATE",
        collection_id,
    )
    if not held:
        raise NotFound(f"PaymentCollection id not found: {collection_id}")


async def add_providers(tx: Transaction, ids: Iterable[str]) -> None:
    """Insert the providers of this process that the shop does not know yet."""
    await tx.execute(
        "INSERT INTO payment_provider (id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING",
        sorted(ids),
    )
