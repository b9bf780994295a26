"""A plan: what one SELECT is to read."""

from dataclasses import dataclass, field

from merx.query.conditions import Condition
from merx.query.selection import Node


@dataclass(frozen=True, slots=True)
class Order:
    """One ORDER BY term: a path over the graph and its direction."""

    path: tuple[str, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is shown of which rows, in what order; `context` holds what computed fields read."""

    root: Node
    condition: Condition | None = None
    orders: tuple[Order, ...] = ()
    with_deleted: bool = False
    context: dict[str, object] = field(default_factory=dict[str, object])
