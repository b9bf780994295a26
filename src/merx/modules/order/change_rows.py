"""Order changes as rows: insert one, add its actions, close it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from merx.batch import Row, insert_rows
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.ids import new_id
from merx.core.money import plain_number
from merx.core.shapes import Json
from merx.modules.order.change import Action, Kind
from merx.modules.order.change_models import OrderChange, OrderChangeAction

_CHANGE = OrderChange.__table__
_ACTION = OrderChangeAction.__table__

_OPEN = """SELECT id, order_id, version, change_type, status, return_id, claim_id, exchange_id,
  carry_over_promotions FROM order_change
WHERE order_id = $1 AND status IN ('pending', 'requested') AND deleted_at IS NULL"""
_ACTIONS = """SELECT id, action, reference, reference_id, details, amount, internal_note, return_id,
  claim_id, exchange_id, ordering FROM order_change_action
WHERE order_change_id = $1 AND deleted_at IS NULL ORDER BY ordering"""
_APPLIED = """UPDATE order_change_action SET applied = true, updated_at = now()
WHERE order_change_id = $1 AND deleted_at IS NULL"""
_PRICES = ("quantity", "unit_price", "compare_at_unit_price")


class _ActionRow(NamedTuple):
    """The columns of _ACTIONS."""

    id: str
    action: str
    reference: str | None
    reference_id: str | None
    details: Json | None
    amount: Decimal | None
    internal_note: str | None
    return_id: str | None
    claim_id: str | None
    exchange_id: str | None
    ordering: int


@dataclass(frozen=True, slots=True)
class Change:
    """An order change, and the return, claim or exchange it belongs to."""

    id: str
    order_id: str
    version: int
    change_type: str | None
    status: str
    return_id: str | None = None
    claim_id: str | None = None
    exchange_id: str | None = None
    carry_over_promotions: bool | None = None


def busy(order_id: str) -> InvalidData:
    """The error for an order that has another open change."""
    return InvalidData(f"Order ({order_id}) already has an existing active order change")


async def open_change(tx: Transaction, order_id: str) -> Change | None:
    """The order's open change, if any."""
    row = await tx.fetchrow(_OPEN, order_id)
    return Change(**dict(row)) if row is not None else None


async def refuse_if_open(tx: Transaction, order_id: str) -> None:
    """InvalidData if the order, which the caller has locked, has an open change."""
    if await open_change(tx, order_id) is not None:
        raise busy(order_id)


async def insert_change(
    tx: Transaction, order_id: str, version: int, change_type: str | None, **columns: Any
) -> Change:
    """Insert a change that creates the given version; the caller has locked the order."""
    row: dict[str, Any] = {
        "id": new_id("ordch"),
        "order_id": order_id,
        "version": version,
        "change_type": change_type,
        "status": "pending",
        "created_by": acting.get(),
        **columns,
    }
    await insert_rows(tx, _CHANGE, [row])
    given: dict[str, Any] = {name: row.get(name) for name in Change.__slots__}
    return Change(**given)


async def insert_actions(
    tx: Transaction, change: Change, actions: Sequence[Action], *, applied: bool = False
) -> list[str]:
    """Add actions at the end of a change; returns their ids."""
    rows = [_row(change, action, applied) for action in actions]
    await insert_rows(tx, _ACTION, rows)
    return [row["id"] for row in rows]


async def load_actions(tx: Transaction, change_id: str) -> list[Action]:
    """The actions of a change in order."""
    return [_action(_ActionRow(*row)) for row in await tx.fetch(_ACTIONS, change_id)]


async def patch_action(tx: Transaction, action: Action) -> None:
    """Store new values of an action."""
    await tx.execute(
        "UPDATE order_change_action SET details = $2, amount = $3, internal_note = $4,"
        " reference = $5, reference_id = $6, updated_at = now() WHERE id = $1",
        action.id,
        _details(action),
        action.amount,
        action.internal_note,
        action.reference,
        action.reference_id,
    )


async def delete_actions(tx: Transaction, change_id: str, ids: Sequence[str]) -> None:
    """Remove actions from a change."""
    await tx.execute(
        "UPDATE order_change_action SET deleted_at = now(), updated_at = now()"
        " WHERE order_change_id = $1 AND id = ANY($2::text[])",
        change_id,
        list(ids),
    )


async def close_change(tx: Transaction, change: Change, status: str, **columns: Any) -> None:
    """Set the status of a change: `confirmed`, `declined` or `canceled`; or `requested`, which
    leaves it open.

    The time and the actor are stored with it.
    """
    verb = status
    given: dict[str, Any] = {f"{verb}_by": acting.get(), **columns}
    names = ", ".join(f"{name} = ${place}" for place, name in enumerate(given, start=3))
    await tx.execute(
        f"UPDATE order_change SET status = $2, {verb}_at = now(), updated_at = now(), {names}"
        " WHERE id = $1",
        change.id,
        status,
        *given.values(),
    )
    if status == "confirmed":
        await tx.execute(_APPLIED, change.id)


def find_action(actions: Sequence[Action], action_id: str, missing: str) -> Action:
    """The action with this id; NotFound with the given message if the change has none."""
    for action in actions:
        if action.id == action_id:
            return action
    raise NotFound(missing)


def _row(change: Change, action: Action, applied: bool) -> Row:
    # Some actions of a claim or an exchange are not about its return.
    is_part = change.claim_id is not None or change.exchange_id is not None
    return {
        "id": action.id or new_id("ordchact"),
        "order_id": change.order_id,
        "order_change_id": change.id,
        "version": change.version,
        "action": action.kind.value,
        "reference": action.reference,
        "reference_id": action.reference_id,
        "details": _details(action),
        "amount": action.amount,
        "internal_note": action.internal_note,
        "applied": applied,
        "return_id": action.return_id or (None if is_part else change.return_id),
        "claim_id": action.claim_id or change.claim_id,
        "exchange_id": action.exchange_id or change.exchange_id,
    }


def _details(action: Action) -> Json:
    details = dict(action.details)
    if action.target_id is not None:
        details["reference_id"] = action.target_id
    for name in _PRICES:
        if getattr(action, name) is not None:
            details[name] = plain_number(getattr(action, name))
    if action.kind is Kind.ITEM_ADD and action.reference is None:
        details.setdefault("compare_at_unit_price", None)
    return details


def _action(row: _ActionRow) -> Action:
    details = dict(row.details or {})
    numbers = {name: _number(details.pop(name, None)) for name in _PRICES}
    return Action(
        kind=Kind(row.action),
        target_id=details.pop("reference_id", None),
        amount=row.amount,
        reference=row.reference,
        reference_id=row.reference_id,
        details=details,
        internal_note=row.internal_note,
        return_id=row.return_id,
        claim_id=row.claim_id,
        exchange_id=row.exchange_id,
        id=row.id,
        ordering=row.ordering,
        **numbers,
    )


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
