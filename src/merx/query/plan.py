"""A plan: all that decides the text of one SELECT, without its values.

Plans are hashable by what they were made from, so that the SQL of a selection and a filter's
shape is written once per process.
"""

from dataclasses import dataclass, field
from typing import Literal

from merx.query.conditions import Condition
from merx.query.selection import Node

Shape = Literal["one", "page", "given"]


@dataclass(frozen=True, slots=True)
class Order:
    """One ORDER BY term: a path over the graph and its direction."""

    path: tuple[str, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read: `one` row by id, a `page` of rows that meet the condition, or the rows of
    `given` ids in the order of the ids."""

    root: Node
    shape: Shape
    condition: Condition | None = None
    orders: tuple[Order, ...] = ()
    with_deleted: bool = False
    context: dict[str, object] = field(default_factory=dict[str, object])
