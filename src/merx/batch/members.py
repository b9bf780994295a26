"""Add members to a group and remove them: one function for every `{add, remove}` route."""

from collections.abc import Sequence
from typing import Any

from merx.batch import Insert, delete_rows, insert_all, lock_rows, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import NO_SUCH_ENTITY, NotFound, check_present
from merx.core.ids import new_id
from merx.query.graph import Through


async def change_members(
    tx: Transaction,
    join: Through,
    group_id: str,
    *,
    add: Sequence[str],
    remove: Sequence[str],
    unknown: NotFound,
) -> list[str]:
    """Remove members from a group, then add members; returns the ids that were added or removed.

    Raises `unknown` if the group does not exist, and NotFound naming members that do not exist.
    """
    if not await lock_rows(tx, join.parents, [group_id], shared=True):
        raise unknown
    wanted = list(dict.fromkeys(add))
    present = {row["id"] for row in await lock_rows(tx, join.members, wanted, shared=True)}
    check_present(wanted, present, NO_SUCH_ENTITY.format(join.far))
    gone = await _remove(tx, join, group_id, remove) if remove else []
    come = await add_members(tx, join, group_id, wanted)
    return sorted({*gone, *come})


async def add_members(
    tx: Transaction, join: Through, group_id: str, members: Sequence[str]
) -> list[str]:
    """Add already locked members to an already locked group; returns those that were not in it."""
    [come] = await insert_all(tx, _insert(join, group_id, members))
    return sorted(come)


async def delete_groups(tx: Transaction, join: Through, ids: Sequence[str]) -> list[str]:
    """Soft-delete the groups among the ids, with their links; returns the deleted ids."""
    records = await lock_rows(tx, join.parents, ids)
    found: list[str] = [record["id"] for record in records]
    await delete_rows(tx, join.table, join.near, found)
    return await soft_delete_rows(tx, join.parents, found)


async def _remove(
    tx: Transaction, join: Through, group_id: str, members: Sequence[str]
) -> list[str]:
    records = await tx.fetch(
        f'DELETE FROM "{join.table}" WHERE "{join.near}" = $1'
        f' AND "{join.far}" = ANY($2::text[]) RETURNING "{join.far}"',
        group_id,
        list(members),
    )
    return [record[0] for record in records]


def _insert(join: Through, group_id: str, members: Sequence[str]) -> Insert:
    # Sorted, so two requests with the same members cannot deadlock.
    rows: list[dict[str, Any]] = [
        {join.near: group_id, join.far: member_id, **_own_id(join)} for member_id in sorted(members)
    ]
    return Insert(join.table, rows, skip_conflicts=True, returning=join.far)


def _own_id(join: Through) -> dict[str, str]:
    return {"id": new_id(join.prefix)} if join.prefix else {}
