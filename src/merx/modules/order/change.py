"""Order changes: ordered actions on a version of an order, and the resulting order. Pure.

Every change of an order is a list of actions: edits, returns, claims, exchanges, fulfillments,
credit lines. A preview shows the result of `apply`; confirming writes exactly that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from merx.core.errors import InvalidData
from merx.modules.order.state import Adjustment, Credit, Line, Method, OrderState
from merx.modules.totals.totals import NOTHING


class Kind(StrEnum):
    """What an action does, named as on the wire."""

    ITEM_ADD = "ITEM_ADD"
    ITEM_UPDATE = "ITEM_UPDATE"
    ITEM_REMOVE = "ITEM_REMOVE"
    ITEM_ADJUSTMENTS_REPLACE = "ITEM_ADJUSTMENTS_REPLACE"
    FULFILL_ITEM = "FULFILL_ITEM"
    CANCEL_ITEM_FULFILLMENT = "CANCEL_ITEM_FULFILLMENT"
    SHIP_ITEM = "SHIP_ITEM"
    DELIVER_ITEM = "DELIVER_ITEM"
    RETURN_ITEM = "RETURN_ITEM"
    CANCEL_RETURN_ITEM = "CANCEL_RETURN_ITEM"
    RECEIVE_RETURN_ITEM = "RECEIVE_RETURN_ITEM"
    RECEIVE_DAMAGED_RETURN_ITEM = "RECEIVE_DAMAGED_RETURN_ITEM"
    WRITE_OFF_ITEM = "WRITE_OFF_ITEM"
    REINSTATE_ITEM = "REINSTATE_ITEM"
    SHIPPING_ADD = "SHIPPING_ADD"
    SHIPPING_UPDATE = "SHIPPING_UPDATE"
    SHIPPING_REMOVE = "SHIPPING_REMOVE"
    SHIPPING_ADJUSTMENTS_REPLACE = "SHIPPING_ADJUSTMENTS_REPLACE"
    CREDIT_LINE_ADD = "CREDIT_LINE_ADD"
    PROMOTION_ADD = "PROMOTION_ADD"
    PROMOTION_REMOVE = "PROMOTION_REMOVE"
    TRANSFER_CUSTOMER = "TRANSFER_CUSTOMER"
    UPDATE_ORDER_PROPERTIES = "UPDATE_ORDER_PROPERTIES"


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `target_id` is the line item or shipping method it is about.

    `details` holds everything else about it, and is shown whole.
    """

    kind: Kind
    target_id: str | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    compare_at_unit_price: Decimal | None = None
    amount: Decimal | None = None
    reference: str | None = None
    reference_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    internal_note: str | None = None
    return_id: str | None = None
    claim_id: str | None = None
    exchange_id: str | None = None
    id: str = ""
    ordering: int = 0

    @property
    def units(self) -> Decimal:
        """The quantity it is about."""
        if self.quantity is None:
            raise InvalidData(f"Quantity of item {self.target_id} is required.")
        return self.quantity


@dataclass(frozen=True, slots=True)
class Known:
    """Lines and shipping methods that are ready to be added, by id."""

    lines: Mapping[str, Line] = field(default_factory=dict[str, Line])
    methods: Mapping[str, Method] = field(default_factory=dict[str, Method])


def apply(state: OrderState, actions: Sequence[Action], known: Known) -> OrderState:
    """The order at the version after the actions; InvalidData if one of them is not possible."""
    after = state.copy()
    after.version = state.version + 1
    for action in sorted(actions, key=lambda one: one.ordering):
        if action.kind in _OF_LINES:
            _OF_LINES[action.kind](_line(after, action), action)
        elif action.kind in _OF_ORDERS:
            _OF_ORDERS[action.kind](after, action, known)
    return after


def without_empty(state: OrderState) -> OrderState:
    """The order without lines of quantity zero, which a preview shows and the next version leaves
    out.
    """
    kept = {key: line for key, line in state.lines.items() if line.quantity > 0}
    return replace(state, lines=kept)


def _line(state: OrderState, action: Action) -> Line:
    line = state.lines.get(action.target_id or "")
    if line is None:
        raise InvalidData(f'Item ID "{action.target_id}" not found.')
    return line


def _add_item(state: OrderState, action: Action, known: Known) -> None:
    item_id = action.target_id or ""
    line = state.lines.get(item_id)
    if line is None:
        if item_id not in known.lines:
            raise InvalidData(f'Item ID "{item_id}" not found.')
        given: dict[str, Any] | None = action.details.get("metadata")
        line = replace(known.lines[item_id], quantity=NOTHING, metadata=given)
        state.lines[item_id] = line
    line.quantity += action.units
    _reprice(line, action)


def _update_item(line: Line, action: Action) -> None:
    if action.units < line.fulfilled:
        raise InvalidData(
            f"Item {line.item_id} has already been fulfilled and quantity cannot be lower than"
            f" {line.fulfilled}."
        )
    line.quantity = action.units
    if (metadata := action.details.get("metadata")) is not None:
        line.metadata = metadata
    _reprice(line, action)


def _reprice(line: Line, action: Action) -> None:
    if action.unit_price is not None:
        line.unit_price = action.unit_price
    if action.compare_at_unit_price is not None:
        line.compare_at_unit_price = action.compare_at_unit_price


def _remove_item(line: Line, action: Action) -> None:
    if line.quantity - action.units < line.fulfilled:
        raise InvalidData(f"Cannot remove fulfilled item: Item {line.item_id}.")
    line.quantity -= action.units


def _replace_line_adjustments(line: Line, action: Action) -> None:
    line.adjustments = adjustments_of(action)


def _fulfill(line: Line, action: Action) -> None:
    if action.units > line.quantity - line.fulfilled:
        raise InvalidData(
            f"Cannot fulfill more items than what was ordered for item {line.item_id}."
        )
    line.fulfilled += action.units


def _cancel_fulfillment(line: Line, action: Action) -> None:
    # What the customer returns has left the shop, whether or not it was marked as shipped.
    if action.units > min(line.fulfilled - line.shipped, line.returnable):
        raise InvalidData(
            f"Cannot cancel more items than what was fulfilled for item {line.item_id}."
        )
    line.fulfilled -= action.units
    line.delivered = min(line.delivered, line.fulfilled)


def _ship(line: Line, action: Action) -> None:
    if action.units > line.fulfilled - line.shipped:
        raise InvalidData(
            f"Cannot ship more items than what was fulfilled for item {line.item_id}."
        )
    line.shipped += action.units


def _deliver(line: Line, action: Action) -> None:
    if action.units > line.fulfilled - line.delivered:
        raise InvalidData(
            f"Cannot deliver more items than what was fulfilled for item {line.item_id}."
        )
    line.delivered += action.units


def _return(line: Line, action: Action) -> None:
    if action.units > line.returnable:
        raise InvalidData(
            f"Cannot request to return more items than what was fulfilled for item {line.item_id}."
        )
    line.return_requested += action.units


def _cancel_return(line: Line, action: Action) -> None:
    if action.units > line.return_requested:
        raise InvalidData(
            f"Cannot cancel more items than what was requested to return for item {line.item_id}."
        )
    line.return_requested -= action.units


def _receive(line: Line, action: Action) -> None:
    _come_back(line, action)
    line.return_received += action.units


def _receive_damaged(line: Line, action: Action) -> None:
    _come_back(line, action)
    line.return_dismissed += action.units
    line.written_off += action.units


def _come_back(line: Line, action: Action) -> None:
    if action.units > line.return_requested:
        raise InvalidData(
            "Cannot receive more items than what was requested to be returned for item"
            f" {line.item_id}."
        )
    line.return_requested -= action.units


def _write_off(line: Line, action: Action) -> None:
    if action.units > line.quantity - line.written_off:
        raise InvalidData("Cannot claim more items than what was ordered.")
    line.written_off += action.units


def _reinstate(line: Line, action: Action) -> None:
    if action.units > line.written_off:
        raise InvalidData(
            f"Cannot unclaim more items than what was claimed for item {line.item_id}."
        )
    line.written_off -= action.units


def _add_shipping(state: OrderState, action: Action, known: Known) -> None:
    method_id = action.reference_id or ""
    if method_id not in known.methods:
        raise InvalidData(f"Shipping method {method_id} not found.")
    state.methods[method_id] = replace(
        known.methods[method_id],
        return_id=action.return_id,
        exchange_id=action.exchange_id,
        claim_id=action.claim_id,
    )


def _update_shipping(state: OrderState, action: Action, known: Known) -> None:
    method = state.methods.get(action.reference_id or "")
    if method is None:
        raise InvalidData(f"Shipping method {action.reference_id} not found.")
    method.amount = Decimal(str(action.details["new_amount"]))


def _remove_shipping(state: OrderState, action: Action, known: Known) -> None:
    if state.methods.pop(action.reference_id or "", None) is None:
        raise InvalidData(f"Shipping method {action.reference_id} not found.")


def _replace_shipping_adjustments(state: OrderState, action: Action, known: Known) -> None:
    method = state.methods.get(action.reference_id or "")
    if method is None:
        raise InvalidData(f"Shipping method {action.reference_id} not found.")
    method.adjustments = adjustments_of(action)


def _add_credit(state: OrderState, action: Action, known: Known) -> None:
    if action.amount is None:
        raise InvalidData("Amount of the credit line is required.")
    metadata: dict[str, Any] | None = action.details.get("metadata")
    credit = Credit(action.amount, action.reference, action.reference_id, state.version, metadata)
    state.credits.append(credit)


def adjustments_of(action: Action) -> tuple[Adjustment, ...]:
    """The discounts listed in an action."""
    given: Sequence[Mapping[str, Any]] = action.details.get("adjustments", ())
    return tuple(
        Adjustment(
            Decimal(str(one["amount"])),
            one.get("code"),
            one.get("promotion_id"),
            one.get("description"),
            one.get("provider_id"),
            bool(one.get("is_tax_inclusive")),
        )
        for one in given
    )


_OF_LINES: Mapping[Kind, Callable[[Line, Action], None]] = {
    Kind.ITEM_UPDATE: _update_item,
    Kind.ITEM_REMOVE: _remove_item,
    Kind.ITEM_ADJUSTMENTS_REPLACE: _replace_line_adjustments,
    Kind.FULFILL_ITEM: _fulfill,
    Kind.CANCEL_ITEM_FULFILLMENT: _cancel_fulfillment,
    Kind.SHIP_ITEM: _ship,
    Kind.DELIVER_ITEM: _deliver,
    Kind.RETURN_ITEM: _return,
    Kind.CANCEL_RETURN_ITEM: _cancel_return,
    Kind.RECEIVE_RETURN_ITEM: _receive,
    Kind.RECEIVE_DAMAGED_RETURN_ITEM: _receive_damaged,
    Kind.WRITE_OFF_ITEM: _write_off,
    Kind.REINSTATE_ITEM: _reinstate,
}
_OF_ORDERS: Mapping[Kind, Callable[[OrderState, Action, Known], None]] = {
    Kind.ITEM_ADD: _add_item,
    Kind.SHIPPING_ADD: _add_shipping,
    Kind.SHIPPING_UPDATE: _update_shipping,
    Kind.SHIPPING_REMOVE: _remove_shipping,
    Kind.SHIPPING_ADJUSTMENTS_REPLACE: _replace_shipping_adjustments,
    Kind.CREDIT_LINE_ADD: _add_credit,
}
