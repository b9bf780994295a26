"""The statements that requests take, as the connections of the app log them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI

from merx.core.database import Database, Transaction
from merx.query.prepared import PREPARED

Request = Awaitable[httpx.Response]

# Opening and ending a transaction, and what asyncpg asks once per connection about types.
_NOT_COUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_OF_THE_DRIVER = ("typeinfo_tree", "current_setting('jit')")
_WHO_CALLS = 'FROM "user" WHERE id = $1'


class Statements(Database):
    """A database that notes the text of each statement that goes through it."""

    def __init__(self, database: Database) -> None:
        super().__init__("")
        self._database = database
        self._noted: set[Transaction] = set()
        self.texts: list[str] = []

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        async with self._database.read() as connection:
            with self._noting(connection):
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        async with self._database.write() as connection:
            with self._noting(connection):
                yield connection

    brief_write = write

    @contextmanager
    def _noting(self, connection: Transaction) -> Iterator[None]:
        # In a test that is rolled back all use one connection, some inside the use of others.
        if connection in self._noted:
            yield
            return
        self._noted.add(connection)
        try:
            with connection.query_logger(self._note):
                yield
        finally:
            self._noted.discard(connection)

    def _note(self, query: asyncpg.connection.LoggedQuery) -> None:
        text = query.query.strip()
        if not text.startswith(_NOT_COUNTED) and not any(word in text for word in _OF_THE_DRIVER):
            self.texts.append(text)

    async def of(self, request: Request, status: int | None = 200) -> list[str]:
        """The statements of one request, which may have any status if `status` is None.

        The one that asks who calls is left out.
        """
        who, *others = await self.all_of(request, status)
        assert _WHO_CALLS in who, who
        return others

    async def all_of(
        self, request: Awaitable[httpx.Response], status: int | None = 200
    ) -> list[str]:
        """The statements of one request."""
        # asyncpg logs a statement in the next iteration of the event loop: earlier ones, and these.
        await asyncio.sleep(0)
        self.texts.clear()
        answer = await request
        await asyncio.sleep(0)
        assert status in (None, answer.status_code), answer.text
        return list(self.texts)


@contextmanager
def noted(app: FastAPI) -> Iterator[Statements]:
    """Note the statements of the app's requests."""
    # What other tests asked for must not count: beyond its bound a statement is prepared anew.
    PREPARED.forget_all()
    own: Any = app.state.database
    app.state.database = Statements(own)
    yield app.state.database
    app.state.database = own
