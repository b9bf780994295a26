"""The stock ledger: the only code that changes quantities of levels.

`lock_levels` locks levels in key order and returns their quantities, the caller decides, and
`change_levels` writes the changes and their movements in one statement. `opening` makes new levels.
Nothing else writes `inventory_level`, and nothing changes `inventory_movement`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple, NotRequired

from typing_extensions import TypedDict

from merx.batch import Insert, Raw, Row, insert_all, insert_rows, lock_rows
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.core.money import UNROUNDED
from merx.modules.inventory.models import InventoryLevel, InventoryMovement

# An inventory item and a location.
LevelKey = tuple[str, str]
Quantity = Literal["stocked", "reserved", "incoming"]

QUANTITIES: tuple[Quantity, ...] = ("stocked", "reserved", "incoming")
NOTHING = Decimal(0)

_LEVELS = InventoryLevel.__table__
_COLUMNS = (
    "inventory_item_id",
    "location_id",
    "stocked_quantity",
    "reserved_quantity",
    "incoming_quantity",
)

# One look-up per place, whatever the planner assumes about the table: neither the scalar subselect
# nor OFFSET 0 can become a join that reads every level for every place.
_PLACES = """SELECT (SELECT l.id FROM inventory_level l
    WHERE l.inventory_item_id = given.item_id
      AND l.location_id = given.location_id AND l.deleted_at IS NULL) AS id
  FROM unnest($1::text[], $2::text[]) AS given(item_id, location_id)"""
_LOCK = f"""
SELECT level.id, {", ".join(f"level.{name}" for name in _COLUMNS)}
FROM ({{found}} ORDER BY 1) AS found
CROSS JOIN LATERAL (
  SELECT * FROM inventory_level l WHERE l.id = found.id FOR NO KEY UPDATE OFFSET 0) AS level
WHERE level.deleted_at IS NULL"""

_CHANGE = """
UPDATE inventory_level AS level SET
  -- A sum keeps the places of its parts: 5.5 less 0.5 is told as 5, not as 5.0.
  stocked_quantity = trim_scale(level.stocked_quantity + given.stocked),
  reserved_quantity = trim_scale(level.reserved_quantity + given.reserved),
  incoming_quantity = trim_scale(level.incoming_quantity + given.incoming),
  -- least() passes over NULL: only a firm change may not raise the shortfall.
  shortfall_quantity = least(
    greatest(level.reserved_quantity + given.reserved
             - level.stocked_quantity - given.stocked, 0),
    CASE WHEN given.firm THEN level.shortfall_quantity END),
  updated_at = now()
FROM unnest({0}::text[], {1}::numeric[], {2}::numeric[], {3}::numeric[], {4}::boolean[])
  AS given(id, stocked, reserved, incoming, firm)
WHERE level.id = given.id"""


@dataclass(slots=True)
class Level:
    """A locked or new level, with its quantities after the changes so far."""

    id: str
    item_id: str
    location_id: str
    stocked: Decimal = NOTHING
    reserved: Decimal = NOTHING
    incoming: Decimal = NOTHING

    @property
    def available(self) -> Decimal:
        """The quantity that can still be reserved; negative if more is reserved than stocked."""
        return UNROUNDED.subtract(self.stocked, self.reserved)

    def change(
        self,
        quantity: Quantity,
        delta: Decimal,
        reason: str,
        *,
        reference: str | None = None,
        firm: bool = False,
    ) -> "Change":
        """A change for `change_levels` to write: by how much, why, and its reference.

        A change of zero writes no movement, though the level counts as updated. The database
        refuses a `firm` change that leaves a larger shortfall (reserved beyond stocked) than
        before.
        """
        balance = UNROUNDED.add(getattr(self, quantity), delta)
        setattr(self, quantity, balance)
        return Change(self, quantity, delta, balance, reason, reference, firm)

    def become(self, quantity: Quantity, amount: Decimal, reason: str) -> "Change":
        """The change that sets the quantity."""
        return self.change(quantity, UNROUNDED.subtract(amount, getattr(self, quantity)), reason)

    def empty(self, reason: str) -> list["Change"]:
        """The changes that set all quantities to zero."""
        return [self.become(quantity, NOTHING, reason) for quantity in QUANTITIES]


class Change(NamedTuple):
    """A change of one quantity of a level, created by `Level.change`."""

    level: Level
    quantity: Quantity
    delta: Decimal
    balance: Decimal
    reason: str
    reference: str | None
    firm: bool

    @property
    def takes(self) -> Decimal:
        """How much it lowers the available quantity."""
        effects = {"stocked": UNROUNDED.minus(self.delta), "reserved": self.delta}
        return effects.get(self.quantity, NOTHING)


async def lock_levels(tx: Transaction, places: Iterable[LevelKey]) -> dict[LevelKey, Level]:
    """The live levels at the places, locked until the end."""
    wanted = list(dict.fromkeys(places))
    if not wanted:
        return {}
    items, locations = [item for item, _ in wanted], [location for _, location in wanted]
    return await lock_found_levels(tx, _PLACES, items, locations)


async def lock_found_levels(
    tx: Transaction, select: str, *arguments: object
) -> dict[LevelKey, Level]:
    """The live levels among the ids that a SELECT finds, locked in key order until the end."""
    records = await tx.fetch(_LOCK.format(found=select), *arguments)
    levels = [_level(record) for record in records]
    return {(level.item_id, level.location_id): level for level in levels}


async def lock_given_levels(tx: Transaction, ids: Iterable[str]) -> list[Level]:
    """The live levels among the ids, locked until the end."""
    return [_level(record) for record in await lock_rows(tx, _LEVELS, ids, *_COLUMNS)]


async def change_levels(tx: Transaction, changes: Sequence[Change], *beside: Insert) -> None:
    """Change quantities of locked levels, and write a movement for each change; and the rows that
    go with the changes, in the same statement.
    """
    movements = Insert(InventoryMovement.__table__, _movements(changes))
    others = [_change(changes)] if changes else []
    await insert_all(tx, movements, *beside, others=others)


def _change(changes: Sequence[Change]) -> Raw:
    """The change of the levels."""
    deltas: dict[str, dict[str, Decimal]] = {}
    for change in changes:
        delta = deltas.setdefault(change.level.id, dict.fromkeys(QUANTITIES, NOTHING))
        delta[change.quantity] = UNROUNDED.add(delta[change.quantity], change.delta)
    firm = {change.level.id for change in changes if change.firm}
    # With a backorder in the same call, the database cannot tell which change caused the shortfall.
    firm -= {change.level.id for change in changes if not change.firm and change.takes > 0}
    columns = [[delta[name] for delta in deltas.values()] for name in QUANTITIES]
    return Raw(_CHANGE, [list(deltas), *columns, [level_id in firm for level_id in deltas]])


class NewLevel(TypedDict):
    """The row of a new level."""

    id: str
    inventory_item_id: str
    location_id: str
    stocked_quantity: NotRequired[Decimal]
    incoming_quantity: NotRequired[Decimal]
    reserved_quantity: NotRequired[Decimal]


def opening(rows: Sequence[NewLevel], reason: str) -> tuple[Insert, Insert]:
    """The inserts of new levels and of their first movements."""
    changes: list[Change] = []
    for row in rows:
        level = Level(row["id"], row["inventory_item_id"], row["location_id"])
        columns: Row = row
        for name in QUANTITIES:
            changes.append(level.change(name, columns.get(f"{name}_quantity", NOTHING), reason))
    return Insert(_LEVELS, rows), Insert(InventoryMovement.__table__, _movements(changes))


def _movements(changes: Sequence[Change]) -> list[Row]:
    caller = acting.get()
    return [
        {
            "id": new_id("imov"),
            "inventory_level_id": change.level.id,
            "inventory_item_id": change.level.item_id,
            "location_id": change.level.location_id,
            "quantity": change.quantity,
            "delta": change.delta,
            "balance": change.balance,
            "reason": change.reason,
            "reference": change.reference,
            "created_by": caller,
        }
        for change in changes
        if change.delta
    ]


def _level(record: Any) -> Level:
    return Level(record["id"], *(record[name] for name in _COLUMNS))


async def catch_up(tx: Transaction, changes: Sequence[Change]) -> None:
    """Write movements for changes that levels have and the ledger lacks; only for repairs."""
    await insert_rows(tx, InventoryMovement.__table__, _movements(changes))
