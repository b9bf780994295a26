"""The graph: what can be read, from which table, and how things hang together.

Declared once per module, joined in `links.py`. Names that reach SQL come only from here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Double,
    FromClause,
    Integer,
    Numeric,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB

# A way from parent to child that is a comparison of two columns, and conditions on the child.
_BACKWARDS = re.compile(
    r"\{child\}\.(?P<far>\w+) = \{parent\}\.(?P<near>\w+)(?P<own> AND (?:(?!\{parent).)*)?", re.S
)


class Kind(StrEnum):
    """What a value is, which decides how it is written to JSON and compared in a filter."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Field:
    """A value of a row: a column or a computed SQL expression over `{row}`, the row's alias.

    `{row}`, `{via}` (the join row that led here or, without one, the parent) and
    `{context[name]}` (a bound parameter of the reader's context, such as a currency) may stand in
    `sql`. A field that is not `starred` is given only when it is asked for by name; `shows` names
    fields that come along with it. It `uses` named context values where the reader has them (NULL
    where not); it `needs` one of the named context values, or is refused with
    the words `needed`. A field that is `whole` is given whole, whatever part of it is asked for.
    `indexed` says that an index finds the few rows that have a value of it. A `sparse` one is left
    out of rows in which it is null.
    """

    sql: str
    kind: Kind = Kind.TEXT
    starred: bool = True
    shows: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needed: str = ""
    whole: bool = False
    indexed: bool = False
    sparse: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """A join table: its column `near` holds the parent's id, `far` the child's.

    `soft` says whether its rows can be softly deleted. `parent` is where the near id is found:
    the parent itself, or the join row that led to it.
    """

    table: str
    near: str
    far: str
    soft: bool = False
    parent: str = "{parent}"


@dataclass(frozen=True, slots=True)
class Relation:
    """The way from a row to others: by `where`, which joins `{parent}` and `{child}`, or `via` a
    join table.

    `shows` names fields of the parent that come along. A `stub` shows as `{id}` beside the parent's
    columns when they are taken whole. `echoes` names a relation of the answer's root whose selected
    fields the stub takes over: the reference shows whatever it has loaded of the same row.
    A relation of an entity to itself that `follows` can be shown to its end, as a tree or a chain
    (`query/trees.py`); it names the fields that every row of it shows. A `broad` one is had by most
    rows with few children in common: to find rows by it is the last resort. `only` is a condition
    that a child must meet to be shown: SQL over `{child}` and `{context[name]}` of the names that
    it `uses`. Filters do not apply it.
    """

    target: str
    where: str = ""
    via: Join | None = None
    many: bool = True
    order: str | None = None
    shows: tuple[str, ...] = ()
    stub: bool = False
    echoes: str | None = None
    follows: tuple[str, ...] = ()
    broad: bool = False
    only: str = ""
    uses: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, str] | None:
        """The parent's column and that of the child (or of the join row) which hold the same key,
        if parents can be found from their children; `own` is what else must hold of a child."""
        if self.via is not None:
            return ("id", self.via.near) if self.via.parent == "{parent}" else None
        match = _BACKWARDS.fullmatch(self.where)
        return (match["near"], match["far"]) if match else None

    @property
    def own(self) -> str:
        """See `keys`."""
        match = None if self.via else _BACKWARDS.fullmatch(self.where)
        return (match["own"] or "") if match else ""


@dataclass(frozen=True, slots=True)
class Entity:
    """A readable thing: its table, fields and relations.

    `always` are fields that come with any selection; `search` the paths that `q` looks into;
    `aliases` other names of a path's first part (an empty one skips it); `soft` whether rows can
    be softly deleted; `key` the column that identifies a row. `tests` are conditions with a name,
    SQL over `{row}` and the list `{values}`: filters that compare more than a field.
    """

    name: str
    table: str
    fields: Mapping[str, Field]
    relations: Mapping[str, Relation] = field(default_factory=dict[str, Relation])
    always: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    soft: bool = True
    key: str = "id"
    tests: Mapping[str, str] = field(default_factory=dict[str, str])


class Graph:
    """All entities by name, with the links between modules added to them."""

    def __init__(
        self,
        entities: Iterable[Entity],
        links: Iterable[tuple[str, str, Relation]] = (),
        computed: Iterable[tuple[str, str, Field]] = (),
    ) -> None:
        self._entities = {entity.name: entity for entity in entities}
        for source, name, relation in links:
            entity = self._entities[source]
            relations = {**entity.relations, name: relation}
            self._entities[source] = replace(entity, relations=relations)
        for source, name, value in computed:
            entity = self._entities[source]
            self._entities[source] = replace(entity, fields={**entity.fields, name: value})
        self._check()

    def __getitem__(self, name: str) -> Entity:
        return self._entities[name]

    def __contains__(self, name: str) -> bool:
        return name in self._entities

    def __iter__(self) -> Iterable[Entity]:
        return iter(self._entities.values())

    def target(self, entity: Entity, relation: str) -> Entity:
        """The entity that the relation leads to."""
        return self._entities[entity.relations[relation].target]

    def _check(self) -> None:
        for entity in self._entities.values():
            for name, relation in entity.relations.items():
                if relation.target not in self._entities:
                    raise LookupError(f"{entity.name}.{name} leads to unknown {relation.target}")


def columns(table: FromClause, *, hidden: Iterable[str] = ()) -> dict[str, Field]:
    """The fields of a table: each column but the hidden ones."""
    hidden_names = set(hidden)
    indexed = _indexed(table)
    return {
        column.name: Field(
            f'{{row}}."{column.name}"', _kind(column), indexed=column.name in indexed
        )
        for column in table.columns
        if column.name not in hidden_names
    }


def _indexed(table: FromClause) -> set[str]:
    """The columns that an index begins with."""
    assert isinstance(table, Table)
    starts = [index.expressions[0] for index in table.indexes]
    keys = [column.name for column in table.primary_key.columns][:1]
    return {*keys, *(start.name for start in starts if isinstance(start, Column))}


def table_name(table: FromClause) -> str:
    """The quoted name of a table."""
    assert isinstance(table, Table)
    return f'"{table.name}"'


def _kind(column: ColumnElement[Any]) -> Kind:
    kind: object = column.type
    match kind:
        case DateTime():
            return Kind.TIME
        case Boolean():
            return Kind.BOOLEAN
        case Integer() | Numeric() | Double():
            return Kind.NUMBER
        case JSONB():
            return Kind.JSON
        case _:
            return Kind.TEXT
