"""Checks payments against their captures, refunds and requests, and repairs them.

What a provider has not answered is unknown here: such a request is reported, and a repair sends it
again at once with its own key.
"""

from merx.core.database import Transaction
from merx.modules.payment.collections import refresh_collection

_SUM = "(SELECT coalesce(sum(m.amount), 0) FROM {table} m WHERE m.payment_id = t.id{own})"
_LIVE = " AND m.deleted_at IS NULL"
_OPEN = " AND m.kind = '{kind}' AND m.state IN ('requested', 'unknown')"

# Each amount of a payment, and the rows it is the sum of.
_DUE = {
    "captured_amount": _SUM.format(table="capture", own=_LIVE),
    "capturing_amount": _SUM.format(table="payment_request", own=_OPEN.format(kind="capture")),
    "refunded_amount": _SUM.format(table="refund", own=_LIVE),
    "refunding_amount": _SUM.format(table="payment_request", own=_OPEN.format(kind="refund")),
}

UNANSWERED = """SELECT t.id, t.kind || ' of ' || t.amount || ' ' || t.currency_code || ' at '
  || t.provider_id || ', ' || coalesce(t.payment_id, t.payment_session_id) || ': '
  || coalesce(t.error, 'no answer')
FROM payment_request t
WHERE t.state IN ('requested', 'unknown') AND t.requested_at < now() - interval '5 minutes'"""

UNEVEN = f"""SELECT t.id, has.name || ' ' || has.amount || ', by its rows ' || has.due
FROM payment t CROSS JOIN LATERAL (VALUES
  {", ".join(f"('{name}', t.{name}, {due})" for name, due in _DUE.items())}) has(name, amount, due)
WHERE has.amount <> has.due"""

UNSUMMED = """SELECT t.id, 'captured ' || coalesce(t.captured_amount, 0) || ', refunded '
  || coalesce(t.refunded_amount, 0) || ', by its payments ' || due.captured || ', ' || due.refunded
FROM payment_collection t CROSS JOIN LATERAL (
  SELECT coalesce(sum(p.captured_amount), 0) AS captured,
    coalesce(sum(p.refunded_amount), 0) AS refunded
  FROM payment p WHERE p.payment_collection_id = t.id AND p.deleted_at IS NULL) due
WHERE coalesce(t.captured_amount, 0) <> due.captured
  OR coalesce(t.refunded_amount, 0) <> due.refunded"""


async def ask_again(tx: Transaction, ids: list[str]) -> None:
    """Make the reconciler send the requests in its next run."""
    await tx.execute(
        "UPDATE payment_request SET asked_at = '-infinity', attempts = 0"
        " WHERE id = ANY($1::text[]) AND state IN ('requested', 'unknown')",
        ids,
    )


async def even_out(tx: Transaction, ids: list[str]) -> None:
    """Set the amounts of payments to the sums of their rows."""
    await tx.execute(
        "SELECT FROM payment WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE", ids
    )
    sets = ", ".join(f"{name} = {due}" for name, due in _DUE.items())
    await tx.execute(f"UPDATE payment t SET {sets} WHERE t.id = ANY($1::text[])", ids)


async def sum_up(tx: Transaction, ids: list[str]) -> None:
    """Recompute the sums of collections."""
    for collection_id in sorted(ids):
        await refresh_collection(tx, collection_id)
