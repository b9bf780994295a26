"""The response to a revert: each row, and each field with its old and new value, as JSON."""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Table
from typing_extensions import TypedDict

from merx.batch.types import column_type
from merx.modules.audit.batches import Cells, RowChange

_NUMBERS = ("numeric", "integer", "bigint", "double precision", "float")

RevertedField = TypedDict("RevertedField", {"path": str, "from": Any, "to": Any})


class RevertedRow(TypedDict):
    """A row that a revert restored, changed back or removed."""

    entity: str
    id: str
    action: str
    fields: list[RevertedField]


def tell(table: Table, changes: Iterable[RowChange]) -> list[RevertedRow]:
    """The rows of a table that a revert changed."""
    return [
        RevertedRow(
            entity=table.name,
            id=",".join(row.key),
            action="delete" if row.before is None else "create" if row.after is None else "update",
            fields=[
                {"path": name, "from": _value(table, name, was), "to": _value(table, name, now)}
                for name, was, now in differing(row.after or {}, row.before or {})
            ],
        )
        for row in changes
    ]


def differing(old: Cells, new: Cells) -> list[tuple[str, str | None, str | None]]:
    """The changed columns, with both values."""
    return [
        (name, old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _value(table: Table, name: str, value: str | None) -> Any:
    if value is None or name not in table.columns:
        return value
    kind = column_type(table.columns[name])
    if kind == "boolean" or kind == "jsonb" or kind.startswith(_NUMBERS):
        return orjson.loads(value)
    return value
