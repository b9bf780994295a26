"""Inserts orders, from carts, drafts and imports."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from merx.batch import Insert, Raw, insert_all
from merx.core.database import Transaction
from merx.modules.order.new import NewOrder, OrderRows, order_rows
from merx.outbox import EventRow, event_rows

Beside = Callable[[str], Sequence[Insert | Raw]]


async def create_order(tx: Transaction, order: NewOrder, beside: Beside | None = None) -> OrderRows:
    """Insert an order with everything that belongs to it, in one statement; returns its id, its
    number, its line ids in order, and its totals.

    `beside` are rows and changes of other tables, by the order's id. Stock, promotion usage and
    payments are up to the caller. Emits `order.placed`, except for a draft, which is placed when it
    becomes an order.
    """
    made = order_rows(order)
    placed = {} if order.is_draft_order else {"order.placed": [made.order_id]}
    others = beside(made.order_id) if beside else ()
    told = await insert_all(
        tx,
        *made.inserts,
        Insert(EventRow.__table__, event_rows(placed)),
        *(one for one in others if isinstance(one, Insert)),
        others=[one for one in others if isinstance(one, Raw)],
    )
    [[display_id]] = (numbers for numbers in told if numbers)
    return replace(made, display_id=display_id)
