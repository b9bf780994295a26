"""The performance goals, and whether a run meets them."""

from dataclasses import dataclass

from benchmarks.carts import ROWS, WHOLE
from benchmarks.floor_window import CONDITIONS
from benchmarks.measure import Table
from benchmarks.prices import ROW

FLOOR_RATIO = 1.5
# Cost per row may grow slightly from 100 to 1,000 rows and still count as linear.
LINEAR = 1.3
START_SECONDS = 3.0
# A plan that depends on statistics differs by far more.
STEADY = 2.0

_WITHIN_FLOOR = (
    "create 1 variant",
    "batch create 10",
    "batch create 100",
    "batch create 1,000",
    "batch link 1,000",
    "get a product with 1,000 variants",
    "get a product",
    "list the first 50",
    "list 50 from the middle",
    "list by a variant's sku",
    "list a category",
    "list by tag",
    "list a sales channel, all",
    "search for a sku",
    ROW,
    *CONDITIONS,
)
# A fifth of the time of the faster of Saleor 3.23 and Vendure 3.7, in milliseconds.
_PEERS = {
    "create 1 variant": 34 / 5,
    "batch create 100": 2_370 / 5,
    "batch create 1,000": 22_500 / 5,
    "batch delete 1,000": 1_140 / 5,
    "get a product with 1,000 variants": 1_900 / 5,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal, and whether it was met."""

    goal: str
    reached: bool


CART_RATIO = 1.7
OF_REFERENCE = 10
WINDOW_OF_REFERENCE = 8
CHECKOUT_MS = 80
ORDERS_PER_SECOND = 60


def cart_verdicts(table: Table, row: str) -> list[Verdict]:
    """The goals of cart rows."""
    merx = table[row]["Merx"]
    found: list[Verdict] = []
    if row not in (WHOLE, *ROWS.values()) and not row.startswith("add a line"):
        return []
    if "reference" in table[row]:
        reached = merx.median * OF_REFERENCE <= table[row]["reference"].median
        found.append(Verdict(f"≥ {OF_REFERENCE} x reference", reached))
    if row == WHOLE:
        found.append(Verdict(f"≤ {CHECKOUT_MS} ms", merx.median <= CHECKOUT_MS))
    return found


def own_verdict(merx: float, own: float) -> Verdict:
    """The goal of a cart row beside the bare SQL of the same work."""
    return Verdict(f"≤ {CART_RATIO} x own SQL", merx <= CART_RATIO * own)


def verdicts(table: Table, row: str) -> list[Verdict]:
    """The goals of a row, if it has any."""
    carts = cart_verdicts(table, row)
    if carts or "floor" not in table[row]:
        return carts
    merx, floor = table[row]["Merx"].median, table[row]["floor"].median
    found: list[Verdict] = []
    if row in _WITHIN_FLOOR:
        found.append(Verdict(f"≤ {FLOOR_RATIO} x floor", merx <= FLOOR_RATIO * floor))
    if row in CONDITIONS and "reference" in table[row]:
        reached = merx * WINDOW_OF_REFERENCE <= table[row]["reference"].median
        found.append(Verdict(f"≥ {WINDOW_OF_REFERENCE} x reference", reached))
    if row.startswith("batch delete"):
        found.extend(_deletion(table, row, merx))
    if row in _PEERS:
        found.append(Verdict(f"≤ {_PEERS[row]:,.0f} ms", merx <= _PEERS[row]))
    return found


def _deletion(table: Table, row: str, merx: float) -> list[Verdict]:
    found: list[Verdict] = []
    create = table.get(row.replace("delete", "create"), {})
    if "Merx" in create:
        found.append(Verdict("below create", merx <= create["Merx"].median))
    hundred = table.get("batch delete 100", {})
    if row.endswith(" 1,000") and "Merx" in hundred:
        found.append(Verdict("linear", merx <= 10 * LINEAR * hundred["Merx"].median))
    return found


def constant(statements: dict[str, int]) -> Verdict:
    """Whether the number of statements is the same for all sizes."""
    return Verdict("constant", len(set(statements.values())) <= 1)


def steady(states: dict[str, float]) -> Verdict:
    """Whether a request costs about the same with and without table statistics."""
    values = states.values()
    return Verdict(f"within {STEADY:.0f} x", max(values) <= STEADY * min(values))
