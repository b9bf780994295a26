"""Row locks on many rows, held until the transaction ends."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import FromClause

from merx.core.database import Transaction

_Strength = Literal["SHARE", "NO KEY UPDATE", "UPDATE"]


async def lock_rows(
    tx: Transaction,
    table: FromClause,
    ids: Iterable[str],
    *columns: str,
    shared: bool = False,
    referable: bool = False,
) -> list[Any]:
    """Lock the live rows among the ids until the transaction ends; returns their ids and the
    columns.

    Rows are locked in id order, so two requests cannot deadlock. A `shared` lock keeps a row from
    being changed or deleted and can be held by several transactions. An exclusive but `referable`
    lock still lets others insert rows that refer to the row; use it where those others must then
    take another, decisive lock, as the deletion of an inventory item locks its levels.
    """
    wanted = sorted(set(ids))
    strength = "SHARE" if shared else "NO KEY UPDATE" if referable else "UPDATE"
    return await tx.fetch(_text(table, columns, strength), wanted) if wanted else []


@lru_cache(maxsize=500)
def _text(table: FromClause, columns: tuple[str, ...], strength: _Strength) -> str:
    # One look-up by key per id, whatever the planner assumes about the table: OFFSET 0 prevents a
    # join. Rows deleted while waiting for the lock are left out at the end.
    return (
        f"SELECT {', '.join(f'row.{name}' for name in ('id', *columns))}"
        f" FROM unnest($1::text[]) AS given(id) CROSS JOIN LATERAL ("
        f'SELECT * FROM "{table}" t WHERE t.id = given.id'
        f" FOR {strength} OFFSET 0) row WHERE row.deleted_at IS NULL"
    )
