"""What becomes of a write that meets a unique value which another row has."""

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
    """Let `explain` find the error for a unique value that the block's write found taken.

    A breach ends the transaction, so the look-up happens when all is undone, on another
    connection. `after_changes` of the same call, which it must see, the block is a savepoint
    instead: two round trips more, and the look-up is made where the changes are.
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
