"""A look-up that is made in the statement of a read, which saves a round trip."""

from dataclasses import dataclass
from typing import Any

import asyncpg

from merx.query.sql import Statement


@dataclass(slots=True)
class Lookup:
    """`sql` selects at most one row by the text `$1`; `row` is that row once the read `is_made`."""

    sql: str
    value: str
    row: asyncpg.Record | None = None
    is_made: bool = False

    def take(self, record: asyncpg.Record) -> list[Any]:
        """The columns of a read that was made with this look-up, without its row."""
        *columns, self.row = record.values()
        self.is_made = True
        return columns


def with_lookup(statement: Statement, sql: str) -> Statement:
    """The statement, which returns at most one row, as one that always does: its last column is the
    row of the look-up, whose value follows those of the statement.
    """
    own = sql.replace("$1", f"${len(statement.values) + 1}::text")
    text = (
        f"SELECT page.*, (SELECT found FROM ({own}) found)"
        f" FROM (SELECT) one LEFT JOIN ({statement.text}) page ON true"
    )
    return Statement(text, statement.values)
