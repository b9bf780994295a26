"""Hold many rows until the transaction ends."""

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
    """The live rows among the ids with their id and the columns, held until the end.

    Whoever locks does so in the order of the ids, so that two requests do not wait for each other
    both. `shared` locks keep a row from being changed or deleted, and let others hold it too.
    Rows locked alone but `referable` do not stop others from writing rows that refer to them:
    for those who then lock what decides, as the deletion of an item locks its levels.
    """
    wanted = sorted(set(ids))
    strength = "SHARE" if shared else "NO KEY UPDATE" if referable else "UPDATE"
    return await tx.fetch(_text(table, columns, strength), wanted) if wanted else []


@lru_cache(maxsize=500)
def _text(table: FromClause, columns: tuple[str, ...], strength: _Strength) -> str:
    # One look-up by key for each id, whatever the planner knows of the table: OFFSET 0 keeps the
    # look-up from becoming a join. What was deleted while it waited is left out at the end.
    return (
        f"SELECT {', '.join(f'row.{name}' for name in ('id', *columns))}"
        f" FROM unnest($1::text[]) AS given(id) CROSS JOIN LATERAL ("
        f'SELECT * FROM "{table}" t WHERE t.id = given.id'
        f" FOR {strength} OFFSET 0) row WHERE row.deleted_at IS NULL"
    )
