"""Finishes carts that a crash, an unresponsive provider or a webhook left without an order.

Everything here may run twice, and concurrently with buyers: completing a cart is idempotent.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from merx.core.database import Transaction
from merx.core.errors import Conflict, MerxError, NotFound
from merx.modules.payment.payments import settle_movements
from merx.modules.payment.requests import ProviderRequest
from merx.modules.payment.till import Till
from merx.workflows.orders.complete_carts import complete_cart
from merx.workflows.selling.carts.load import lock_cart
from merx.workflows.selling.payment_sessions import begin_release

_log = structlog.get_logger()

_LEFT = """SELECT cart_id FROM cart_completion
WHERE state = 'started' AND asked_at < now() - $1::interval ORDER BY asked_at LIMIT 100"""

_PAID = """SELECT DISTINCT l.cart_id FROM unnest($1::text[]) AS given(id)
JOIN payment p ON p.id = given.id AND p.canceled_at IS NULL AND NOT p.is_canceling
JOIN cart_payment_collection l ON l.payment_collection_id = p.payment_collection_id
WHERE NOT EXISTS (SELECT FROM order_cart o WHERE o.cart_id = l.cart_id)"""

_HELD = """SELECT p.id FROM cart_payment_collection l
JOIN payment p ON p.payment_collection_id = l.payment_collection_id
WHERE l.cart_id = $1 AND p.deleted_at IS NULL AND p.canceled_at IS NULL AND NOT p.is_canceling
  AND p.captured_amount + p.capturing_amount = 0
  AND NOT EXISTS (SELECT FROM order_cart o WHERE o.cart_id = l.cart_id) ORDER BY p.id"""

# One whose provider has not answered stays open: whether it is authorized is unknown.
_FAIL = """UPDATE cart_completion c SET state = 'failed', error = $2
WHERE c.cart_id = $1 AND c.state = 'started' AND NOT EXISTS (
  SELECT FROM payment_request r WHERE r.payment_session_id = c.payment_session_id
    AND r.kind = 'authorize' AND r.state IN ('requested', 'unknown'))"""


async def reconcile_carts(till: Till, *, older_than: timedelta) -> int:
    """Finish or release completions that started long enough ago; returns how many there were."""
    async with till.database.read() as tx:
        left = [record[0] for record in await tx.fetch(_LEFT, older_than)]
    for cart_id in left:
        await settle_cart(till, cart_id)
    return len(left)


async def complete_paid_carts(till: Till, payment_ids: Sequence[str]) -> None:
    """Complete the carts whose payments are authorized, whoever learned of it first."""
    async with till.database.read() as tx:
        carts = [record[0] for record in await tx.fetch(_PAID, list(payment_ids))]
    for cart_id in carts:
        await settle_cart(till, cart_id)


async def settle_cart(till: Till, cart_id: str) -> None:
    """Complete a cart or, if it cannot become an order, release its authorization."""
    try:
        await complete_cart(till, cart_id)
    except Conflict:
        _log.info("cart is being completed elsewhere", cart=cart_id)
    except NotFound:
        _log.warning("cart is gone", cart=cart_id)
    except MerxError as error:
        _log.warning("cart cannot be completed", cart=cart_id, why=error.message)
        async with till.write() as tx:
            releases = await _release(tx, cart_id, error.message)
        await settle_movements(till, releases)


async def _release(tx: Transaction, cart_id: str, why: str) -> list[ProviderRequest]:
    await lock_cart(tx, cart_id)
    requests: list[ProviderRequest] = []
    for record in await tx.fetch(_HELD, cart_id):
        requests.extend(await begin_release(tx, record[0]))
    await tx.execute(_FAIL, cart_id, why)
    return requests
