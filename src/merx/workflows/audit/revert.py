"""Reverts a batch of the audit log: each row gets its old values, if it has not changed since.

Rows are removed first, then restored and changed, so that a SKU is free again for the row that had
it. Parents are removed last and restored first. Constraints, deletions and the stock ledger check
a revert like any other write. The triggers log it as another batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import Table

from merx.batch import soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import Conflict, Problem, refuse
from merx.core.schema import Base
from merx.modules.audit.batches import Cells, Key, RowChange, load_batch
from merx.modules.audit.checks import refuse_orphans
from merx.modules.audit.places import TREE, out_of_order, place_back, written
from merx.modules.audit.rows import (
    insert_cells,
    is_soft,
    lock_current,
    remove_cells,
    unique_columns,
    update_cells,
)
from merx.modules.audit.telling import RevertedRow, differing, tell
from merx.modules.inventory.ledger import Change, change_levels, lock_given_levels
from merx.modules.inventory.service import remove_items
from merx.modules.product.manage_categories import hold_tree
from merx.modules.product.mend_tree import mend_tree
from merx.workflows.audit.follow_ups import emit_reverted, follow_variants
from merx.workflows.stock.stock_levels import delete_levels

# Only the ledger changes quantities.
_QUANTITIES = ("stocked_quantity", "incoming_quantity")


@dataclass(slots=True)
class Undo:
    """The rows of a table to remove, to restore and to change back."""

    table: Table
    changes: Sequence[RowChange]
    current: Mapping[Key, Cells]
    removed: list[RowChange] = field(default_factory=list[RowChange])
    restored: list[RowChange] = field(default_factory=list[RowChange])
    changed: list[RowChange] = field(default_factory=list[RowChange])

    def __post_init__(self) -> None:
        for row in self.changes:
            if row.before is None:
                self.removed.append(row)
            elif row.after is None:
                self.restored.append(row)
            else:
                self.changed.append(row)

    def wanted(self, row: RowChange) -> Cells:
        """The cells of the row after the revert. Fields that the batch did not write are kept."""
        current = self.current.get(row.key)
        if row.before is None or row.after is None or current is None:
            return row.before or {}
        if self.table.name == TREE:
            current = place_back(row, current)
        names = written(self.table.name, row)
        return {**current, **{name: row.before.get(name) for name in names}}

    def ids(self, rows: Sequence[RowChange]) -> list[str]:
        """The ids of the rows, if the table has ids."""
        return [row.key[0] for row in rows] if "id" in self.table.columns else []


async def revert_batch(tx: Transaction, entry_id: str) -> tuple[str, list[RevertedRow]]:
    """Revert the batch of the entry; returns the batch's id and the rows.

    Raises NotFound for an unknown entry, Conflict with each field that has changed since, and the
    errors of other writes.
    """
    batch_id, changes = await load_batch(tx, entry_id)
    if TREE in changes:
        await hold_tree(tx)
    undone = [
        await _look(tx, table, changes[table.name])
        for table in Base.metadata.sorted_tables
        if table.name in changes
    ]
    refuse([problem for undo in undone for problem in _differences(undo)], Conflict)
    for undo in reversed(undone):
        await _remove(tx, undo)
    for undo in undone:
        await _put_back(tx, undo)
    by_table = {undo.table.name: undo for undo in undone}
    variants = by_table.get("product_variant")
    if variants is not None:
        await follow_variants(tx, [row.key[0] for row in variants.changes])
    if TREE in by_table:
        await mend_tree(tx, [row.key[0] for row in by_table[TREE].changes])
    await refuse_orphans(
        tx,
        {name: undo.ids([*undo.restored, *_moved(undo)]) for name, undo in by_table.items()},
        {
            # Price sets are deleted with their variants.
            "price_set": _priced(variants.removed if variants else ()),
            **{name: undo.ids(undo.removed) for name, undo in by_table.items()},
        },
    )
    await emit_reverted(
        tx,
        {
            name: (undo.ids(undo.restored), undo.ids(undo.changed), undo.ids(undo.removed))
            for name, undo in by_table.items()
        },
        [cells for undo in undone for row in undo.changes for cells in (row.before, row.after)],
    )
    return batch_id, [row for undo in undone for row in tell(undo.table, undo.changes)]


def _priced(variants: Sequence[RowChange]) -> list[str]:
    sets = [(row.after or {}).get("price_set_id") for row in variants]
    return [one for one in sets if one is not None]


async def _look(tx: Transaction, table: Table, changes: Sequence[RowChange]) -> Undo:
    [columns, *_] = [list(row.before or row.after or ()) for row in changes]
    known = [name for name in columns if name in table.columns]
    current = await lock_current(tx, table, [row.key for row in changes], known)
    # Skip siblings that the batch only shifted, if they have been deleted since.
    left = [
        row
        for row in changes
        if row.before is None
        or row.after is None
        or not _is_gone(current.get(row.key))
        or written(table.name, row)
    ]
    return Undo(table, left, current)


def _is_gone(cells: Cells | None) -> bool:
    return cells is None or cells.get("deleted_at") is not None


def _differences(undo: Undo) -> list[Problem]:
    """The rows and fields that differ from their state after the batch."""
    problems: list[Problem] = []
    moved = out_of_order(undo.changes, undo.current) if undo.table.name == TREE else ()
    for row in undo.changes:
        current = undo.current.get(row.key)
        if current is not None and _is_gone(current):
            current = None
        of = f"{undo.table.name}.{','.join(row.key)}"
        if (current is None) != (row.after is None):
            words = "is deleted" if current is None else "is there again"
            problems.append(Problem(path=of, code="conflict", message=f"{of} {words}"))
            continue
        names = written(undo.table.name, row) | ({"rank"} if row.key in moved else set[str]())
        for name, now, expected in differing(current or {}, row.after or {}):
            if name in names and name in undo.table.columns:
                message = f"{of}.{name} is {_shown(now)}, not {_shown(expected)} as after the batch"
                problems.append(Problem(path=f"{of}.{name}", code="conflict", message=message))
    return problems


def _shown(value: str | None) -> str:
    return "null" if value is None else f"'{value[:100]}'"


def _moved(undo: Undo) -> list[RowChange]:
    """Rows that get another parent."""
    return [
        row
        for row in undo.changed
        if any(name.endswith("_id") for name, *_ in differing(row.after or {}, row.before or {}))
    ]


async def _remove(tx: Transaction, undo: Undo) -> None:
    ids = undo.ids(undo.removed)
    match undo.table.name:
        case "inventory_level":
            await delete_levels(tx, ids, force=True)
        case "inventory_item":
            await remove_items(tx, ids)
        case _ if is_soft(undo.table):
            await soft_delete_rows(tx, undo.table, ids)
        case _:
            await remove_cells(tx, undo.table, [row.after for row in undo.removed if row.after])


async def _put_back(tx: Transaction, undo: Undo) -> None:
    quantities = _QUANTITIES if undo.table.name == "inventory_level" else ()
    # Restored rows may need unique values, such as a SKU, that changed rows release.
    for rows in (undo.changed, undo.restored):
        target = {row.key: undo.wanted(row) for row in rows}
        absent = [
            {name: "0" if name in quantities else value for name, value in cells.items()}
            for key, cells in target.items()
            if key not in undo.current
        ]
        present = {key[0]: cells for key, cells in target.items() if key in undo.current}
        names = {
            name
            for key, cells in present.items()
            for name, *_ in differing(undo.current[(key,)], cells)
            if name not in quantities
        }
        await insert_cells(tx, undo.table, absent)
        if len(present) > 1 and names & unique_columns(undo.table):
            # Rows may have swapped unique values: soft-delete them first, which releases both.
            live = [key for key in present if undo.current[(key,)].get("deleted_at") is None]
            await soft_delete_rows(tx, undo.table, live)
            names.add("deleted_at")
        await update_cells(tx, undo.table, present, sorted(names))
        if quantities:
            await _set_quantities(tx, {key[0]: cells for key, cells in target.items()})


async def _set_quantities(tx: Transaction, target: Mapping[str, Cells]) -> None:
    """Write a ledger change, which keeps reservations and refuses quantities below them."""
    changes: list[Change] = []
    for level in await lock_given_levels(tx, target):
        cells = target[level.id]
        for quantity in ("stocked", "incoming"):
            amount = Decimal(cells[f"{quantity}_quantity"] or 0)
            delta = amount - getattr(level, quantity)
            changes.append(level.change(quantity, delta, "reverted", firm=quantity == "stocked"))
    await change_levels(tx, changes)
