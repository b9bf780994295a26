"""A connection whose transaction can begin with a statement that needs no round trip of its own."""

from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection


class Session(Connection):
    """What the pool's connections are."""

    __slots__ = ("_opening",)

    def begin_with(self, statement: str) -> Any:
        """A transaction, or a savepoint inside one, in which `statement` runs first. It has no
        parameters."""
        transaction = self.transaction()
        self._opening = statement
        return transaction

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - the driver's word
        """As the driver's; the next one after `begin_with` is its BEGIN."""
        opening = getattr(self, "_opening", None)
        if opening is not None:
            self._opening = None
            query += opening
        return await super().execute(query, *args, timeout=timeout)
