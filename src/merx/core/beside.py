"""What joins each transaction of a request, without the code between having to pass it on.

A request with an `Idempotency-Key` writes its key in the transaction that does its work. Kept
beside the call, like who acts.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from merx.core.database import Transaction


class Companion(Protocol):
    """What happens in each transaction that writes: at its start, and when it is over."""

    async def join(self, tx: "Transaction") -> None:
        """Called when a transaction has begun; what it raises undoes the transaction."""
        ...

    def leave(self, *, committed: bool) -> None:
        """Called when the transaction is over."""
        ...


beside: ContextVar[Companion | None] = ContextVar("beside", default=None)


@asynccontextmanager
async def transaction_on(connection: "Transaction") -> AsyncGenerator["Transaction"]:
    """A transaction, or a savepoint inside one, with the companion of the request."""
    companion = beside.get()
    if companion is None:
        async with connection.transaction():
            yield connection
        return
    committed = False
    try:
        async with connection.transaction():
            await companion.join(connection)
            yield connection
        committed = True
    finally:
        companion.leave(committed=committed)
