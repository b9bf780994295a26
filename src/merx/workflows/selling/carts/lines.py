"""Adds, changes and removes lines of a cart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.ids import new_id
from merx.core.kinds import INT4
from merx.core.metadata import merge_metadata
from merx.core.shapes import Document
from merx.workflows.selling.carts.change import Change
from merx.workflows.selling.carts.draft import Draft, Line
from merx.workflows.selling.carts.outside import Answers


@dataclass(frozen=True, slots=True)
class Wanted:
    """A quantity of a variant."""

    variant_id: str
    quantity: int
    metadata: Mapping[str, Any] | None = None


def add_lines(wanted: Sequence[Wanted]) -> Change:
    """Add variants; an existing line with the same metadata gets a larger quantity."""

    async def change(tx: Transaction, draft: Draft, answers: Answers) -> None:
        for one in wanted:
            line = _same(draft, one)
            if line is None:
                line = append_line(draft, one)
            else:
                line.quantity = _countable(line.quantity + one.quantity)
                draft.added.add(line.id)
            draft.touched.add(line.id)

    return change


def append_line(draft: Draft, wanted: Wanted) -> Line:
    """Append a new line, which is completed from the variant's facts when the cart is priced."""
    line = Line(
        new_id("cali"),
        wanted.variant_id,
        None,
        None,
        "",
        wanted.quantity,
        dict(wanted.metadata or {}),
    )
    draft.lines.append(line)
    draft.added.add(line.id)
    draft.touched.add(line.id)
    return line


def change_line(line_id: str, quantity: int, metadata: Document | None) -> Change:
    """Set the quantity; zero removes the line. Metadata is merged by key."""

    async def change(tx: Transaction, draft: Draft, answers: Answers) -> None:
        line = draft.line(line_id)
        if line is None:
            raise NotFound(f"Line item with id: {line_id} was not found")
        if quantity == 0:
            draft.lines.remove(line)
            return
        line.quantity = quantity
        draft.touched.add(line.id)
        if metadata is not None:
            line.metadata = merge_metadata(line.metadata, metadata) if metadata else line.metadata

    return change


def set_price(line_id: str, unit_price: Decimal | None) -> Change:
    """Set a custom price, which stays whatever the catalogue says; None restores the catalogue's.

    For admins and extensions: buyers cannot set prices.
    """

    async def change(tx: Transaction, draft: Draft, answers: Answers) -> None:
        line = draft.line(line_id)
        if line is None:
            raise NotFound(f"Line item with id: {line_id} was not found")
        line.is_custom_price = unit_price is not None
        if unit_price is not None:
            line.unit_price, line.compare_at_unit_price = unit_price, None
        else:
            draft.added.add(line.id)

    return change


def remove_lines(ids: Sequence[str]) -> Change:
    """Remove lines; ids of other lines are ignored."""

    async def change(tx: Transaction, draft: Draft, answers: Answers) -> None:
        draft.lines = [line for line in draft.lines if line.id not in ids]

    return change


def _same(draft: Draft, wanted: Wanted) -> Line | None:
    return next(
        (
            line
            for line in draft.lines
            if line.variant_id == wanted.variant_id
            and not line.is_custom_price
            and (line.metadata or {}) == (wanted.metadata or {})
        ),
        None,
    )


def _countable(quantity: int) -> int:
    if quantity > INT4:
        raise InvalidData(f"Invalid request: quantity must not be greater than {INT4}")
    return quantity
