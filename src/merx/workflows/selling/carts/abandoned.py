"""Abandoned carts: announced once, for reminders, and deleted in the end."""

from datetime import timedelta

from merx.batch import soft_delete_rows
from merx.core.database import Database, Transaction
from merx.core.hooks import run_hooks, without_bodies
from merx.modules.cart.hooks import CARTS
from merx.modules.cart.models import Cart
from merx.modules.payment.sessions import drop_sessions
from merx.outbox import emit

_AT_ONCE = 200

_REMIND = """
UPDATE cart SET reminded_at = now() WHERE id IN (
  SELECT c.id FROM cart c
  WHERE c.completed_at IS NULL AND c.deleted_at IS NULL AND c.reminded_at IS NULL
    AND c.email IS NOT NULL AND c.updated_at < now() - $1::interval
    AND EXISTS (SELECT FROM cart_line_item l WHERE l.cart_id = c.id AND l.deleted_at IS NULL)
  ORDER BY c.updated_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id"""

_EXPIRED = """
SELECT c.id FROM cart c
WHERE c.completed_at IS NULL AND c.deleted_at IS NULL AND c.updated_at < now() - $1::interval
  AND NOT EXISTS (SELECT FROM cart_completion k WHERE k.cart_id = c.id AND k.state = 'started')
ORDER BY c.updated_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED"""

_COLLECTIONS = """SELECT l.payment_collection_id FROM cart_payment_collection l
JOIN payment_collection c ON c.id = l.payment_collection_id AND c.deleted_at IS NULL
WHERE l.cart_id = ANY($1::text[]) AND c.status IN ('not_paid', 'awaiting') ORDER BY 1"""


async def remind_of_carts(tx: Transaction, after: timedelta) -> list[str]:
    """Emit `cart.abandoned` once for each cart with an e-mail that has been idle this long."""
    ids = [record[0] for record in await tx.fetch(_REMIND, after, _AT_ONCE)]
    await emit(tx, "cart.abandoned", ids)
    return ids


async def expire_carts(tx: Transaction, after: timedelta) -> list[str]:
    """Delete carts that have been idle for this long, and their open payment sessions."""
    ids = [record[0] for record in await tx.fetch(_EXPIRED, after, _AT_ONCE)]
    gone = without_bodies(ids)
    await run_hooks(tx, CARTS.deleting, gone)
    await soft_delete_rows(tx, Cart.__table__, ids)
    for record in await tx.fetch(_COLLECTIONS, ids):
        await drop_sessions(tx, record[0])
    await emit(tx, "cart.deleted", ids)
    await run_hooks(tx, CARTS.deleted, gone)
    return ids


async def tidy_carts(
    database: Database, *, remind_after: timedelta, expire_after: timedelta
) -> None:
    """Announce abandoned carts and delete expired ones, some at a time; a period of zero disables
    it.
    """
    for span, work in ((remind_after, remind_of_carts), (expire_after, expire_carts)):
        while span:
            async with database.write() as tx:
                done = await work(tx, span)
            if len(done) < _AT_ONCE:
                break
