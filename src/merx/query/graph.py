"""The graph: what can be read, from which tables, and how entities relate.

Each module declares its entities once; `links/` joins them. Names that reach SQL come only from
here.
"""

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

from merx.query.conditions import Condition


class Kind(StrEnum):
    """The kind of a value: how it is written to JSON and compared in a filter."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Field:
    """A value of a row: a column, or a computed SQL expression over `{row}`, the row's alias.

    `sql` may contain `{row}`, `{via}` (the join row that led here or, without one, the parent) and
    `{context[name]}` (a bound parameter from the reader's context, such as a currency).

    - `starred`: taken by `*`; otherwise only when asked for by name.
    - `shows`: fields that come along with it.
    - `uses`: context values that it reads if present (NULL otherwise).
    - `needs`: context values of which one must be present, or the request is refused with the
      message `needed`.
    - `whole`: always returned whole, whichever part of it is asked for.
    - `indexed`: an index finds the few rows that have a given value.
    - `sparse`: left out of rows in which it is null.
    - `ordered_by`: the field that lists are ordered by instead.
    - `shown`: the SQL that is shown if the context has a value that the field uses; filters and
      order use `sql`.
    - `schema`: for the API document, the JSON schema of a field without `column`.
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
    ordered_by: str = ""
    shown: str = ""
    column: ColumnElement[Any] | None = field(default=None, compare=False)
    schema: Mapping[str, Any] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Through:
    """A join table, seen from the rows whose ids are in its column `near`.

    Declared once, for reads (`through`) and for writes (`batch/members.py`). `prefix` is the prefix
    of its own rows' ids, if they have ids; `soft` says whether its rows are soft-deleted.
    """

    table: FromClause
    near: str
    far: str
    prefix: str = ""
    soft: bool = False

    @property
    def back(self) -> "Through":
        """The same join table seen from the other side."""
        return replace(self, near=self.far, far=self.near)

    @property
    def parents(self) -> FromClause:
        """The table that `near` refers to."""
        return _named_by(self.table.columns[self.near])

    @property
    def members(self) -> FromClause:
        """The table that `far` refers to."""
        return _named_by(self.table.columns[self.far])


def _named_by(column: ColumnElement[Any]) -> FromClause:
    [key] = column.foreign_keys
    return key.column.table


@dataclass(frozen=True, slots=True)
class Relation:
    """The way from a row, the parent, to others, its children.

    Written as `one(…)`, `many(…)` or `through(…)`. It joins by a column of both (`near` of the
    parent, `far` of the child; `own` is a further condition on `{child}`), by a join table (`via`),
    or by any SQL that joins `{parent}` and `{child}` (`where`). With the first two, parents can
    also be found from their children.

    - `shows`: fields of the parent that come along.
    - `stub`: shown as `{id}` beside the parent's columns when those are taken whole.
    - `echoes`: a relation of the answer's root whose selected fields the stub takes over, because
      the reference shows whatever it has loaded of the same row.
    - `follows`: an entity's relation to itself can be shown to its end, as a tree or a chain
      (`query/trees.py`); the fields that every row of it shows.
    - `broad`: nearly every parent has it and they share a few children, as products do sales
      channels; filtering starts from it only if nothing else can.
    - `only`: a condition for showing a child, as SQL over `{child}` and the `{context[name]}` that
      it `uses`; filters do not apply it.
    - `from_link`: the near ids are in the join row that led to the parent, not in the parent.
    - `linked`: leads to another module; set by the graph.
    - `brings`: paths below the children that come along when the root takes the relation by star.
    - `sparse`: left out where there is no row.
    """

    target: str
    where: str = ""
    near: str = ""
    far: str = ""
    own: str = ""
    via: Through | None = None
    many: bool = True
    order: str | None = None
    shows: tuple[str, ...] = ()
    stub: bool = False
    echoes: str | None = None
    follows: tuple[str, ...] = ()
    broad: bool = False
    only: str = ""
    uses: tuple[str, ...] = ()
    from_link: bool = False
    linked: bool = False
    brings: tuple[str, ...] = ()
    sparse: bool = False

    @property
    def keys(self) -> tuple[str, str] | None:
        """The columns of the parent and of the child (or join row) that hold the same key; None if
        parents cannot be found from their children.
        """
        if self.via is not None:
            return None if self.from_link else ("id", self.via.near)
        return (self.near, self.far) if self.near else None

    @property
    def joined(self) -> str:
        """The condition that joins `{parent}` and `{child}` without a join table."""
        if not self.near:
            return self.where
        return f"{{child}}.{self.far} = {{parent}}.{self.near}" + self.narrowed

    @property
    def narrowed(self) -> str:
        """`own`, as a suffix to another condition."""
        return f" AND {self.own}" if self.own else ""


def one(
    target: str,
    near: str,
    *,
    far: str = "id",
    own: str = "",
    with_key: bool = False,
    stub: bool = False,
    echoes: str | None = None,
    follows: tuple[str, ...] = (),
    sparse: bool = False,
) -> Relation:
    """The one row whose key is in the column `near`; `with_key` selects that column too."""
    return Relation(
        target,
        near=near,
        far=far,
        own=own,
        many=False,
        shows=(near,) if with_key else (),
        stub=stub,
        echoes=echoes,
        follows=follows,
        sparse=sparse,
    )


def many(
    target: str,
    far: str,
    *,
    near: str = "id",
    own: str = "",
    order: str | None = None,
    shows: tuple[str, ...] = (),
    follows: tuple[str, ...] = (),
    brings: tuple[str, ...] = (),
) -> Relation:
    """The rows whose column `far` holds the parent's key."""
    return Relation(
        target,
        near=near,
        far=far,
        own=own,
        order=order,
        shows=shows,
        follows=follows,
        brings=brings,
    )


def through(
    target: str,
    via: Through,
    *,
    many: bool = True,
    order: str | None = None,
    broad: bool = False,
    from_link: bool = False,
) -> Relation:
    """The rows, or the single row, that a join table links to the parent."""
    return Relation(target, via=via, many=many, order=order, broad=broad, from_link=from_link)


@dataclass(frozen=True, slots=True)
class Entity:
    """A readable thing: its table, fields and relations.

    `always`: fields that come with any selection. `search`: the paths that `q` searches. `aliases`:
    other names for a path's first part (an empty one skips it). `soft`: whether rows are
    soft-deleted. `key`: the column that identifies a row. `predicates`: named conditions that
    compare more than a field, as SQL over `{row}` and the list `{values}`; those named in `checks`
    hold for too many rows to find them by. `grams`: SQL over `{row}` for the trigrams of the
    searched text, which an index holds. `counted`: the condition of the list whose length triggers
    keep under the table's name. `counted_by`: the predicate for each of whose values triggers keep
    the number of rows, under the entity's name, a colon and the value.
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
    predicates: Mapping[str, str] = field(default_factory=dict[str, str])
    checks: tuple[str, ...] = ()
    grams: str = ""
    counted: Condition | None = None
    counted_by: str = ""


class Graph:
    """All entities by name, with the links between modules added."""

    def __init__(
        self,
        entities: Iterable[Entity],
        links: Mapping[str, Relation] | None = None,
        fields: Mapping[str, Field] | None = None,
    ) -> None:
        self._entities = dict[str, Entity]()
        self.add(entities, links or {}, fields or {})

    def add(
        self,
        entities: Iterable[Entity],
        links: Mapping[str, Relation],
        fields: Mapping[str, Field],
    ) -> None:
        """Add entities, links and fields; must happen before the first read. Adding the same
        declaration twice is harmless.

        Links and computed fields are named by entity and name: `product.sales_channels`.
        """
        for entity in entities:
            self._entities.setdefault(entity.name, entity)
        for path, relation in links.items():
            entity, name = self._place(path)
            linked = replace(relation, linked=True)
            if entity.relations.get(name) != linked:
                self._refuse_second(entity, name)
                relations = {**entity.relations, name: linked}
                self._entities[entity.name] = replace(entity, relations=relations)
        for path, value in fields.items():
            entity, name = self._place(path)
            if entity.fields.get(name) != value:
                self._refuse_second(entity, name)
                self._entities[entity.name] = replace(entity, fields={**entity.fields, name: value})
        self._check()

    def _place(self, path: str) -> tuple[Entity, str]:
        source, _, name = path.partition(".")
        return self._entities[source], name

    def _refuse_second(self, entity: Entity, name: str) -> None:
        if name in entity.fields or name in entity.relations:
            raise ValueError(f"{entity.name}.{name} is declared twice")

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
    """The fields of a table: every column that is not hidden."""
    hidden_names = set(hidden)
    indexed = _indexed(table)
    return {
        column.name: Field(
            f'{{row}}."{column.name}"',
            _kind(column),
            indexed=column.name in indexed,
            column=column,
        )
        for column in table.columns
        if column.name not in hidden_names
    }


def _indexed(table: FromClause) -> set[str]:
    """The leading columns of the table's indexes."""
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
