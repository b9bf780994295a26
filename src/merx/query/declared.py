"""Declarations derived from a model: its entity, and the two directions of a foreign key.

Merx's own graphs list their entities in full, because the contract decides what they show. A table
of an extension rarely needs more than this.
"""

from collections.abc import Iterable
from typing import cast

from sqlalchemy import Table

from merx.core.schema import Base
from merx.query.graph import Entity, Relation, columns, many, one, table_name


def table_of(model: type[Base]) -> Table:
    """The table of a model."""
    return cast("Table", model.__table__)


def entity_of(
    model: type[Base], *, search: tuple[str, ...] = (), hidden: Iterable[str] = ()
) -> Entity:
    """An entity named like the model's table, with all columns that are not hidden."""
    table = table_of(model)
    [key] = (column.name for column in table.primary_key)
    return Entity(
        table.name,
        table_name(table),
        columns(table, hidden=hidden),
        always=(key,),
        search=search,
        soft="deleted_at" in table.columns,
        key=key,
    )


def link(model: type[Base], column: str, *, back: str) -> dict[str, Relation]:
    """The relations of a foreign key: `customer` by the column `customer_id`, and `back`, by which
    the customer's rows are reached.

    `back` leads to one row if the column is unique, and to a list otherwise.
    """
    table = table_of(model)
    [key] = table.columns[column].foreign_keys
    target, _, far = key.target_fullname.rpartition(".")
    unique = [[each.name for each in index.columns] for index in table.indexes if index.unique]
    others = one(table.name, far, far=column) if [column] in unique else many(table.name, column)
    return {
        f"{table.name}.{column.removesuffix('_id')}": one(target, column, far=far, with_key=True),
        f"{target}.{back}": others,
    }
