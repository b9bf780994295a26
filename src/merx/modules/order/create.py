"""Inserts orders, from carts, drafts and imports."""

from collections.abc import Callable, Sequence

from merx.batch import Insert, insert_all
from merx.core.database import Transaction
from merx.modules.order.new import NewOrder, OrderRows, order_rows
from merx.outbox import EventRow, event_rows

Beside = Callable[[str], Sequence[Insert]]


async def create_order(tx: Transaction, order: NewOrder, beside: Beside | None = None) -> OrderRows:
    """Insert one order in one statement; returns its id, its line ids in order, and its totals.

    `beside` are rows of other tables that get the order's id.
    """
    [rows] = await create_orders(tx, [order], beside)
    return rows


async def create_orders(
    tx: Transaction, orders: Sequence[NewOrder], beside: Beside | None = None
) -> list[OrderRows]:
    """Insert orders with everything that belongs to them in one statement.

    Stock, promotion usage and payments are up to the caller. Emits `order.placed`, except for
    drafts, which are placed when they become orders.
    """
    made = [order_rows(order) for order in orders]
    placed = [
        rows.order_id for rows, order in zip(made, orders, strict=True) if not order.is_draft_order
    ]
    events = Insert(EventRow.__table__, event_rows({"order.placed": placed} if placed else {}))
    others = [insert for rows in made for insert in beside(rows.order_id)] if beside else []
    await insert_all(tx, *_joined(made), events, *others)
    return made


def _joined(made: Sequence[OrderRows]) -> list[Insert]:
    """One insert per table."""
    return [
        Insert(parts[0].table, [row for part in parts for row in part.rows])
        for parts in zip(*(rows.inserts for rows in made), strict=True)
    ]
