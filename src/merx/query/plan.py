"""A plan: everything that one SELECT is to read."""

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
    """Counts of the rows that meet a plan's condition, by group: a SELECT over `matched_(id)` that
    returns one row per group.

    `{value}` in it is a field of the entity whose row has the alias `v`. One that looks into each
    row reads `sample_(id)` instead, a part of `matched_` if that has more rows than the plan's
    `sample`, and multiplies its counts by the `factor` of `scale_(factor, is_part)`.
    """

    name: str
    sql: str
    entity: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Within:
    """A condition that at most so many rows may meet. If more do, no row is looked at."""

    condition: Condition
    most: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to show of which rows, in what order; `context` holds values that computed fields read.

    `after` holds the order keys of the row before the page (empty for the first page); None if no
    cursor was asked for. `within` bounds a page whose condition or order is dear to compute.
    `sample` is how many rows facets look into; None means all.
    """

    root: Node
    condition: Condition | None = None
    orders: tuple[Order, ...] = ()
    with_deleted: bool = False
    context: dict[str, object] = field(default_factory=dict[str, object])
    facets: tuple[Facet, ...] = ()
    after: tuple[object, ...] | None = None
    within: Within | None = None
    sample: int | None = None

    @property
    def whole_order(self) -> tuple[Order, ...]:
        """The orders followed by the key, which makes the order total."""
        by_key = Order((self.root.entity.key,))
        is_whole = any(order.path == by_key.path for order in self.orders)
        return self.orders if is_whole else (*self.orders, by_key)
