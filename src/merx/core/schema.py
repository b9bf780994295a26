"""The parts of tables: the declarative base, named constraints and types of columns."""

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
    """The base of all tables; constraint names follow one pattern, so errors can refer to them."""

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
    """When a row was created, last updated and soft-deleted."""

    created_at: Mapped[Time] = mapped_column(server_default=text("now()"), sort_order=90)
    updated_at: Mapped[Time] = mapped_column(server_default=text("now()"), sort_order=91)
    deleted_at: Mapped[Time | None] = mapped_column(sort_order=92)


def live_unique(table: str, *columns: str, name: str = "", message: str = "") -> Index:
    """A unique index over live rows; `name` if the usual one is too long.

    A violation is reported as "Product with handle: x, already exists.", or by `message`, in which
    columns may be given in braces.

    With the condition `IS NOT NULL` the index serves look-ups by the first column, which imply it,
    and no others. Without statistics the planner expects "deleted_at IS NULL" to leave a handful of
    rows, and would scan the whole index for any other look-up.
    """
    name = name or f"uq_{table}_{'_'.join(columns)}"
    live = text(f"deleted_at IS NULL AND {columns[0]} IS NOT NULL")
    return Index(name, *columns, unique=True, postgresql_where=live, info=_worded(message))


def unique_email(table: str, column: str = "email", *more: str, only: str = "") -> Index:
    """A case-insensitive unique index over the e-mails of live rows.

    `has_twin` marks older rows that differ only by case: each is found by its exact spelling until
    they are merged. `merx doctor` lists them.
    """
    live = "deleted_at IS NULL AND NOT has_twin" + (f" AND {only}" if only else "")
    key = text(f"lower({column})")
    name = f"uq_{table}_{column}_folded"
    thing = table.replace("_", " ").capitalize()
    words = f"{thing} with this email, in capitals or not, already exists."
    return Index(name, key, *more, unique=True, postgresql_where=text(live), info=_worded(words))


def same_email(value: str, column: str = "email", row: str = "") -> str:
    """The condition for the row with an e-mail, ignoring case."""
    at = f"{row}." if row else ""
    return f"({at}{column} = {value} OR NOT {at}has_twin AND lower({at}{column}) = lower({value}))"


def grams_of(table: str, *columns: str, row: str = "") -> str:
    """The trigrams of a row's columns, by a function named after the table (see `grams` in the
    migrations).
    """
    at = f"{row}." if row else ""
    return f"{table}_grams({', '.join(at + column for column in columns)})"


def grams_index(table: str, *columns: str) -> Index:
    """An index that finds rows whose columns contain a text anywhere: those with all of its
    trigrams.

    Not by the extension pg_trgm, which is not available everywhere.
    """
    return Index(f"ix_{table}_grams", text(grams_of(table, *columns)), postgresql_using="gin")


def check(sql: str, *, name: str, message: str = "") -> CheckConstraint:
    """A condition that every row meets.

    A client that violates it gets the `message`; without one, a violation is a bug of ours.
    """
    return CheckConstraint(sql, name=name, info=_worded(message))


def _worded(message: str) -> dict[str, str]:
    return {"message": message} if message else {}


@cache
def wordings() -> dict[str, str]:
    """The messages of constraints and indexes by name; to be called when all tables are loaded."""
    return {
        str(named.name): named.info["message"]
        for table in Base.metadata.tables.values()
        for named in (*table.constraints, *table.indexes)
        if "message" in named.info
    }


@cache
def references(table: str) -> frozenset[str]:
    """The columns of a table that refer to other rows."""
    known = Base.metadata.tables.get(table)
    return frozenset(c.name for c in (known.columns if known is not None else ()) if c.foreign_keys)


def index(table: str, *columns: str) -> Index:
    """A plain index, which covers deleted rows too, for the planner's sake (see `live_unique`)."""
    return Index(f"ix_{table}_{'_'.join(columns)}", *columns)
