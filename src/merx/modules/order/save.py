"""Writes a new version of an order, leaving earlier versions as they are."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from merx.batch import insert_all
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.order import models
from merx.modules.order.change import Action, Kind
from merx.modules.order.new import version_inserts
from merx.modules.order.state import Figures, OrderState, compute_figures
from merx.modules.totals.totals import WHOLE_TOTALS

# Payments make no new version: they are recorded with the current one.
_PAY = """
WITH told AS (
  INSERT INTO order_transaction (id, order_id, version, amount, currency_code, reference,
                                 reference_id, return_id, exchange_id, claim_id)
  SELECT $2, o.id, o.version, $3, o.currency_code, $4, $5, $6, $7, $8
  FROM "order" o WHERE o.id = $1 RETURNING order_id, version, amount)
UPDATE order_summary s SET updated_at = now(),
  paid_total = trim_scale(s.paid_total + greatest(told.amount, 0)),
  refunded_total = trim_scale(s.refunded_total - least(told.amount, 0)),
  transaction_total = trim_scale(s.transaction_total + told.amount),
  pending_difference = trim_scale(s.pending_difference - told.amount)
FROM told WHERE s.order_id = told.order_id AND s.version = told.version
RETURNING s.pending_difference"""


_CHANGE_METHOD = """UPDATE order_shipping_method m SET amount = $2, is_custom_amount = true,
  shipping_option_id = coalesce($3, m.shipping_option_id), updated_at = now(),
  name = coalesce((SELECT o.name FROM shipping_option o WHERE o.id = $3), m.name)
WHERE m.id = $1"""


async def save_version(tx: Transaction, state: OrderState) -> Figures:
    """Write the next version of an order that the caller has locked; returns its totals."""
    figures = compute_figures(state)
    await insert_all(tx, *version_inserts(state, figures, repriced=True))
    totals = figures.whole.columns()
    values = [totals[name] for name in WHOLE_TOTALS]
    await tx.execute(_text(), state.order_id, state.version, *values)
    return figures


async def save_methods(tx: Transaction, actions: Sequence[Action]) -> None:
    """Write changes that actions make to existing shipping methods."""
    for action in actions:
        if action.kind is Kind.SHIPPING_UPDATE:
            amount = Decimal(str(action.details["new_amount"]))
            option_id = action.details.get("new_shipping_option_id")
            await tx.execute(_CHANGE_METHOD, action.reference_id, amount, option_id)


async def record_payment(
    tx: Transaction,
    order_id: str,
    amount: Decimal,
    *,
    reference: str,
    reference_id: str,
    return_id: str | None = None,
    exchange_id: str | None = None,
    claim_id: str | None = None,
) -> Decimal:
    """Record money received or paid out (negative) for an order that the caller has locked; returns
    the amount still due.

    Emits no event, since the payment already did.
    """
    pending = await tx.fetchval(
        _PAY,
        order_id,
        new_id("ordtrx"),
        amount,
        reference,
        reference_id,
        return_id,
        exchange_id,
        claim_id,
    )
    assert pending is not None
    return pending


@lru_cache(maxsize=1)
def _text() -> str:
    """Move the totals of the previous version to its summary, and set the new ones."""
    past = ", ".join(f"'{name}', o.{name}" for name in WHOLE_TOTALS)
    taken = ", ".join(f"{name} = ${place}::numeric" for place, name in enumerate(WHOLE_TOTALS, 3))
    order = f'"{models.Order.__tablename__}"'
    return f"""WITH past AS (
      UPDATE order_summary s SET whole = (
        SELECT jsonb_build_object({past}) FROM {order} o WHERE o.id = $1)
      WHERE s.order_id = $1 AND s.version = $2::int - 1)
    UPDATE {order} SET version = $2::int, updated_at = now(), {taken} WHERE id = $1"""
