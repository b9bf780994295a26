"""Something that joins every transaction of a request without being passed along.

A request with an `Idempotency-Key` writes its key in the transaction that does its work. Kept in a
context variable, like the actor.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from merx.core.acting import naming_statement

if TYPE_CHECKING:
    from merx.core.database import Transaction


class Companion(Protocol):
    """Joins every transaction that writes: called at its start and at its end."""

    async def join(self, tx: "Transaction") -> None:
        """Called when a transaction has begun; an exception rolls the transaction back."""
        ...

    def leave(self, *, committed: bool) -> None:
        """Called when the transaction has ended."""
        ...


beside: ContextVar[Companion | None] = ContextVar("beside", default=None)


@asynccontextmanager
async def transaction_on(
    connection: "Transaction", *, is_audited: bool = True
) -> AsyncGenerator["Transaction"]:
    """A transaction, or a savepoint inside one, with the companion of the request; the audit log
    learns who changes what in it."""
    companion = beside.get()
    if companion is None:
        async with connection.transaction():
            if is_audited:
                await _name_caller(connection)
            yield connection
        return
    committed = False
    try:
        async with connection.transaction():
            if is_audited:
                await _name_caller(connection)
            await companion.join(connection)
            yield connection
        committed = True
    finally:
        companion.leave(committed=committed)


async def _name_caller(tx: "Transaction") -> None:
    statement = naming_statement()
    if statement is not None:
        # Without parameters it is one short message, nothing is prepared.
        await tx.execute(statement)
