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
class Facet:
    """How many of the rows that meet a plan's condition have what: a SELECT that gives a line for
    each group, over `matched_(id)`. `{value}` in it is the field of an entity whose row is `v`."""

    name: str
    sql: str
    entity: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is shown of which rows, in what order; `context` holds what computed fields read.

    `after` are the order's keys of the row behind which a page begins, none of them for the
    first page; None where no cursor is asked for.
    """

    root: Node
    condition: Condition | None = None
    orders: tuple[Order, ...] = ()
    with_deleted: bool = False
    context: dict[str, object] = field(default_factory=dict[str, object])
    facets: tuple[Facet, ...] = ()
    after: tuple[object, ...] | None = None

    @property
    def whole_order(self) -> tuple[Order, ...]:
        """The orders, and the key behind them, so that no two rows are equal."""
        by_key = Order((self.root.entity.key,))
        is_whole = any(order.path == by_key.path for order in self.orders)
        return self.orders if is_whole else (*self.orders, by_key)
