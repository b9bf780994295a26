"""Exchanges and claims: what these two parts of an order have in common, and how they differ."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import FromClause

from merx.core.ids import new_id
from merx.modules.order.change import Action, Kind
from merx.modules.order.return_models import (
    OrderClaim,
    OrderClaimItem,
    OrderExchange,
    OrderExchangeItem,
)

Rows = list[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class PartKind:
    """`name` is also the type of its change; a request needs one of `any_of` and all of `all_of`.

    `rows` turns its actions into its items, `items_of` reads them.
    """

    name: str
    title: str
    prefix: str
    table: FromClause
    items: FromClause
    items_of: str
    any_of: frozenset[Kind]
    all_of: frozenset[Kind]
    incomplete: str
    fulfilled: str
    rows: Callable[[str, Sequence[Action]], Rows]

    @property
    def key(self) -> str:
        """The column that refers to it in other tables."""
        return f"{self.name}_id"

    @property
    def table_name(self) -> str:
        """Its table, also used as `reference` in actions."""
        return f"order_{self.name}"


def _exchanged(part_id: str, actions: Sequence[Action]) -> Rows:
    return [
        {
            "id": new_id("oexcitem"),
            "exchange_id": part_id,
            "item_id": one.target_id,
            "quantity": one.quantity,
            "note": one.internal_note,
            "metadata": {},
        }
        for one in actions
        if one.kind is Kind.ITEM_ADD
    ]


def _claimed(part_id: str, actions: Sequence[Action]) -> Rows:
    return [
        {
            "id": new_id("claitem"),
            "claim_id": part_id,
            "item_id": one.target_id,
            "is_additional_item": one.kind is Kind.ITEM_ADD,
            "reason": one.details.get("reason"),
            "quantity": one.quantity,
            "note": one.internal_note,
            "metadata": one.details.get("metadata") or {},
        }
        for one in actions
        if one.kind in (Kind.ITEM_ADD, Kind.WRITE_OFF_ITEM)
    ]


EXCHANGE = PartKind(
    "exchange",
    "OrderExchange",
    "oexc",
    OrderExchange.__table__,
    OrderExchangeItem.__table__,
    "SELECT item_id, quantity, true AS is_added FROM order_exchange_item"
    " WHERE exchange_id = $1 AND deleted_at IS NULL ORDER BY id",
    frozenset((Kind.RETURN_ITEM,)),
    frozenset((Kind.RETURN_ITEM, Kind.ITEM_ADD)),
    "Order exchange request should have at least 1 item inbound and 1 item outbound",
    "All fulfillments must be canceled before canceling am exchange",
    _exchanged,
)
CLAIM = PartKind(
    "claim",
    "OrderClaim",
    "claim",
    OrderClaim.__table__,
    OrderClaimItem.__table__,
    "SELECT item_id, quantity, is_additional_item AS is_added FROM order_claim_item"
    " WHERE claim_id = $1 AND deleted_at IS NULL ORDER BY id",
    frozenset((Kind.RETURN_ITEM, Kind.ITEM_ADD, Kind.WRITE_OFF_ITEM)),
    frozenset(),
    "Order claim request should have at least 1 item",
    "All fulfillments must be canceled before canceling a claim",
    _claimed,
)
