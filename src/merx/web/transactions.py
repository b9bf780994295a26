"""A route's connection: `Read` for reads of one statement, `Write` for a transaction.

A `Write` is committed when the route function returns and before the response is sent, since that
is when FastAPI ends function-scoped dependencies. The client is told when a commit fails.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request

from merx.core.database import UNDONE, Database, Transaction
from merx.core.errors import Unexplained
from merx.core.standbys import Standbys
from merx.web.attempts import attempts
from merx.web.positions import least_position
from merx.web.preconditions import check_match
from merx.web.reading import reading_in


def database(request: Request) -> Database:
    """The process's pool, opened by the application."""
    return request.app.state.database


async def _read(request: Request) -> AsyncIterator[Transaction]:
    async with reading(request) as connection:
        yield connection


@asynccontextmanager
async def reading(request: Request) -> AsyncGenerator[Transaction]:
    """A connection for reads, for a route that must call a provider before it takes one; to a
    standby where there is one and it has all that the caller may have written."""
    held = reading_in.get()
    if held is not None:
        yield held
        return
    standbys: Standbys | None = request.app.state.standbys
    least = None if standbys is None else least_position(request)
    if standbys is None or least is None:
        source = database(request).read()
    else:
        source = standbys.read(least)
    async with source as connection:
        yield connection


async def _write(request: Request) -> AsyncIterator[Transaction]:
    attempt = attempts.get()
    try:
        async with _explained(request, database(request).write()) as tx:
            if "if-match" in request.headers:
                await check_match(request, tx)
            if attempt is None:
                yield tx
            else:
                async with attempt.inside(tx):
                    yield tx
    except UNDONE:
        # Everything the request did is rolled back, so it can be run again (`second_try.py`).
        request.state.is_undone = True
        raise


async def _brief_write(request: Request) -> AsyncIterator[Transaction]:
    async with _explained(request, database(request).brief_write()) as tx:
        yield tx


@asynccontextmanager
async def _explained(
    request: Request, transaction: AbstractAsyncContextManager[Transaction]
) -> AsyncGenerator[Transaction]:
    try:
        async with transaction as tx:
            yield tx
    except Unexplained as error:
        async with database(request).read() as connection:
            raise await error.explain(connection) from error
    # The events of this change are already written; nothing is lost if no relay is woken.
    request.app.state.wake_relay()


def can_be_undone(calls: Iterable[object]) -> bool:
    """Whether a route, judged by its dependencies, makes all its changes in one transaction."""
    return _write in calls


Read = Annotated[Transaction, Depends(_read, scope="function")]
Write = Annotated[Transaction, Depends(_write, scope="function")]
# For requests that change no rows of the shop: log-ins, sessions.
BriefWrite = Annotated[Transaction, Depends(_brief_write, scope="function")]
