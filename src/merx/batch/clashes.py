"""Explains a write that violated a unique index."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from asyncpg import UniqueViolationError

from merx.core.database import Transaction
from merx.core.errors import MerxError, Unexplained


@asynccontextmanager
async def explained(
    tx: Transaction,
    explain: Callable[[Transaction], Awaitable[MerxError]],
    *,
    after_changes: bool = False,
) -> AsyncGenerator[None]:
    """Turn a unique violation in the block into the error that `explain` returns.

    A violation aborts the transaction, so the look-up runs after the rollback, on another
    connection. If the look-up must see earlier changes of the same call (`after_changes`), the
    block is a savepoint instead and the look-up runs inside the transaction, at the cost of two
    round trips.
    """
    try:
        if after_changes:
            async with tx.transaction():
                yield
        else:
            yield
    except UniqueViolationError as error:
        if after_changes:
            raise await explain(tx) from error
        raise Unexplained(explain) from error
