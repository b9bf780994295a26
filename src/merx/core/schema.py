"""What tables are made of: the declarative base, named constraints and the kinds of columns."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    DateTime,
    Double,
    Index,
    Integer,
    MetaData,
    Numeric,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Id = Annotated[str, mapped_column(Text, primary_key=True)]
Metadata = Annotated[dict[str, Any] | None, mapped_column(JSONB)]
Amount = Annotated[Decimal, mapped_column(Numeric)]
Measure = Annotated[float | None, mapped_column(Double)]
Flag = Annotated[bool, mapped_column(Boolean, server_default=text("false"))]
FlagOn = Annotated[bool, mapped_column(Boolean, server_default=text("true"))]
Rank = Annotated[int, mapped_column(Integer, server_default=text("0"))]
Time = Annotated[datetime, mapped_column(DateTime(timezone=True))]


class Base(DeclarativeBase):
    """All tables of the shop; constraint names follow one pattern so that errors can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True), dict[str, Any]: JSONB}  # noqa: RUF012


class Timestamps:
    """When a row came, last changed and, softly, went."""

    created_at: Mapped[Time] = mapped_column(server_default=text("now()"), sort_order=90)
    updated_at: Mapped[Time] = mapped_column(server_default=text("now()"), sort_order=91)
    deleted_at: Mapped[Time | None] = mapped_column(sort_order=92)


def live_unique(table: str, *columns: str, name: str = "", message: str = "") -> Index:
    """A unique index over the rows that are not deleted; `name` where the usual is too long.

    Its breach is told as "Product with handle: x, already exists.", or by `message`, in which the
    columns may stand in braces.

    `IS NOT NULL` excludes no look-up by the first column and every other one: a planner without
    statistics takes "deleted_at IS NULL" for a handful of rows, and would read the whole index.
    """
    name = name or f"uq_{table}_{'_'.join(columns)}"
    live = text(f"deleted_at IS NULL AND {columns[0]} IS NOT NULL")
    return Index(name, *columns, unique=True, postgresql_where=live, info=_worded(message))


def unique_email(table: str, column: str = "email", *more: str, only: str = "") -> Index:
    """A unique index over the live rows' e-mails without regard to case.

    `has_twin` marks rows from before it that differ by case alone: each is found by its own
    spelling until somebody merges them. `merx doctor` names them.
    """
    live = "deleted_at IS NULL AND NOT has_twin" + (f" AND {only}" if only else "")
    key = text(f"lower({column})")
    name = f"uq_{table}_{column}_folded"
    thing = table.replace("_", " ").capitalize()
    words = f"{thing} with this email, in capitals or not, already exists."
    return Index(name, key, *more, unique=True, postgresql_where=text(live), info=_worded(words))


def same_email(value: str, column: str = "email", row: str = "") -> str:
    """The condition for the row that has an e-mail, in capitals or not."""
    at = f"{row}." if row else ""
    return f"({at}{column} = {value} OR NOT {at}has_twin AND lower({at}{column}) = lower({value}))"


def grams_of(table: str, *columns: str, row: str = "") -> str:
    """All that stands in the columns of a row, cut into pieces of three letters: by a function
    named after the table (see `grams` in the migrations)."""
    at = f"{row}." if row else ""
    return f"{table}_grams({', '.join(at + column for column in columns)})"


def grams_index(table: str, *columns: str) -> Index:
    """Finds the rows in whose columns a text stands, wherever: those that have all of its pieces.
    The extension for that, pg_trgm, is not to be had everywhere."""
    return Index(f"ix_{table}_grams", text(grams_of(table, *columns)), postgresql_using="gin")


def check(sql: str, *, name: str, message: str = "") -> CheckConstraint:
    """A condition that each row meets. A client that can break it is told so by `message`; without
    one, a breach is a fault of ours."""
    return CheckConstraint(sql, name=name, info=_worded(message))


def _worded(message: str) -> dict[str, str]:
    return {"message": message} if message else {}


@cache
def wordings() -> dict[str, str]:
    """The messages of constraints and indexes that have one, by name; asked for when all tables
    are known."""
    return {
        str(named.name): named.info["message"]
        for table in Base.metadata.tables.values()
        for named in (*table.constraints, *table.indexes)
        if "message" in named.info
    }


def index(table: str, *columns: str) -> Index:
    """A plain index; over deleted rows too, for the reason given above."""
    return Index(f"ix_{table}_{'_'.join(columns)}", *columns)
