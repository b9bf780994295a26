"""Change and delete many rows by id in one statement each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause

from merx.batch.types import given_array, is_json, json_text, sent_array, value_type
from merx.core.database import Transaction

# The columns of a row to change.
Patch = Mapping[str, Any]

# Ids are joined as rows instead of `= ANY($1)`, which as a filter compares every row with every id.
# Without statistics the planner estimates that "deleted_at IS NULL" keeps one row in 200 and would
# rescan them for each id; for a CASE it estimates one row in two.
_LIVE = "CASE WHEN row.deleted_at IS NULL THEN true END"


async def update_rows(
    tx: Transaction, table: FromClause, patches: Mapping[str, Patch], *, key: str = "id"
) -> list[str]:
    """Change live rows by id: the keys a patch has are set, all other columns keep their value.

    Every named row gets a new `updated_at`, as on the reference. Returns the ids that existed.
    """
    if not patches:
        return []
    names = tuple(sorted({name for patch in patches.values() for name in patch}))
    if all(len(patch) == len(names) for patch in patches.values()):
        text = update_text(table, names, key, is_single=len(patches) == 1)
        records = await tx.fetch(text, *_sent(table, names, patches))
    else:
        text = _update_text(table, names, key)
        records = await tx.fetch(text, list(patches), [dict(one) for one in patches.values()])
    return [record[0] for record in records]


def _sent(table: FromClause, names: Sequence[str], patches: Mapping[str, Patch]) -> list[Any]:
    """What `update_text` takes: arrays of ids and of values, or those of a single patch."""
    if len(patches) == 1:
        [(row_id, patch)] = patches.items()
        return [row_id, *(_single(table.columns[name], patch[name]) for name in names)]
    values = {name: [patch[name] for patch in patches.values()] for name in names}
    return [list(patches), *(sent_array(table.columns[name], values[name]) for name in names)]


def _single(column: ColumnElement[Any], value: Any) -> Any:
    return json_text(value) if value is not None and is_json(column) else value


async def soft_delete_rows(
    tx: Transaction, table: FromClause, ids: Sequence[str], *, by: str = "id"
) -> list[str]:
    """Soft-delete live rows, found by the column `by`; returns the ids of the deleted rows."""
    if not ids:
        return []
    records = await tx.fetch(soft_delete_text(table, by), list(ids))
    return [record[0] for record in records]


async def delete_rows(tx: Transaction, table: FromClause, by: str, values: Sequence[str]) -> None:
    """Remove rows whose column `by` has one of the values."""
    if values:
        await tx.execute(_delete_text(table, by), list(values))


@dataclass(frozen=True, slots=True)
class Update:
    """Changes of live rows by id, made in the same statement as inserts; all have the keys of the
    first.
    """

    table: FromClause
    patches: Mapping[str, Patch]

    @property
    def names(self) -> tuple[str, ...]:
        """The changed columns."""
        return tuple(sorted(next(iter(self.patches.values()))))

    @property
    def is_single(self) -> bool:
        """Whether it changes one row."""
        return len(self.patches) == 1

    @property
    def is_possible(self) -> bool:
        """Whether all patches have the same keys."""
        patches = list(self.patches.values())
        return all(patch.keys() == patches[0].keys() for patch in patches)

    def values(self) -> list[Any]:
        """What `update_text` takes."""
        return _sent(self.table, self.names, self.patches)


@dataclass(frozen=True, slots=True)
class SoftDelete:
    """Live rows to soft-delete in the same statement as inserts; found by the column `by`."""

    table: FromClause
    ids: Sequence[str]
    by: str = "id"


@lru_cache(maxsize=500)
def update_text(
    table: FromClause,
    names: tuple[str, ...],
    key: str = "id",
    *,
    first: int = 1,
    is_single: bool = False,
) -> str:
    """The statement for patches that all have the same keys: an array per column, at half the cost,
    or for a single patch its values.

    The first placeholder holds the ids, or the id.
    """
    given = [
        f"${place}::{value_type(column)}" if is_single else given_array(column, place)
        for place, column in enumerate((table.columns[name] for name in names), first + 1)
    ]
    if is_single:
        sets = [f'"{name}" = {value}' for name, value in zip(names, given, strict=True)]
        source, wanted = "", f"${first}::text"
    else:
        sets = [f'"{name}" = given."{name}"' for name in names]
        columns = ", ".join(f'"{name}"' for name in ("merx_key", *names))
        arrays = ", ".join([f"${first}::text[]", *given])
        source, wanted = f" FROM unnest({arrays}) AS given({columns})", "given.merx_key"
    return (
        f'UPDATE "{table}" AS row SET {", ".join([*sets, "updated_at = now()"])}{source}'
        f' WHERE row."{key}" = {wanted} AND {_LIVE} RETURNING row."{key}"'
    )


@lru_cache(maxsize=500)
def _update_text(table: FromClause, names: tuple[str, ...], key: str) -> str:
    targets = ", ".join(f'"{name}"' for name in (*names, "updated_at"))
    values = ", ".join([*(f'p."{name}"' for name in names), "now()"])
    # jsonb_populate_record takes a patch's keys from the JSON and all others from the row.
    return (
        f'UPDATE "{table}" AS row SET ({targets}) ='
        f" (SELECT {values} FROM jsonb_populate_record(row, given.patch) p)"
        f" FROM unnest($1::text[], $2::jsonb[]) AS given(id, patch)"
        f' WHERE row."{key}" = given.id AND {_LIVE} RETURNING row."{key}"'
    )


@lru_cache(maxsize=500)
def soft_delete_text(table: FromClause, by: str = "id", *, first: int = 1) -> str:
    """The statement for ids in the placeholder `first`."""
    returned = "id" if "id" in table.columns else by
    return (
        f'UPDATE "{table}" AS row SET deleted_at = now(), updated_at = now()'
        f' FROM unnest(${first}::text[]) AS given(id) WHERE row."{by}" = given.id AND {_LIVE}'
        f' RETURNING row."{returned}"'
    )


@lru_cache(maxsize=500)
def _delete_text(table: FromClause, by: str) -> str:
    return (
        f'DELETE FROM "{table}" AS row USING unnest($1::text[]) AS given(id)'
        f' WHERE row."{by}" = given.id'
    )
