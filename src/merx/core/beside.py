"""Something that joins every transaction of a request without being passed along.

A request with an `Idempotency-Key` writes its key in the transaction that does its work. Kept in a
context variable, like the actor.
"""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, cast

from merx.core.acting import naming_statement

if TYPE_CHECKING:
    from merx.core.database import Transaction
    from merx.core.sessions import Session


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
        async with _begun(connection, is_audited=is_audited):
            yield connection
        return
    committed = False
    try:
        async with _begun(connection, is_audited=is_audited):
            await companion.join(connection)
            yield connection
        committed = True
    finally:
        companion.leave(committed=committed)


def _begun(connection: "Transaction", *, is_audited: bool) -> AbstractAsyncContextManager[None]:
    statement = naming_statement() if is_audited else None
    if statement is None:
        return connection.transaction()
    # The pool's proxy passes it on to the session.
    return cast("Session", connection).begin_with(statement)
