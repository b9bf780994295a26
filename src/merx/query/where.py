"""Conditions as SQL.

For rows already found, EXISTS checks one by one whether a related row matches. Where a whole table
would have to be scanned, one condition leads: it finds the keys of the rows that meet it, and the
other conditions are checked on those.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Any

from merx.core.errors import InvalidData
from merx.query.columns import Context, field_sql, live, way
from merx.query.conditions import (
    Compare,
    Condition,
    Either,
    Every,
    Negation,
    Related,
    Search,
    containing,
)
from merx.query.graph import Entity, Field, Graph, Kind, Relation, table_name
from merx.query.leading import conjuncts, leading

# Casts of a bound value that is compared with a field of the kind.
CASTS = {
    Kind.TEXT: "text",
    Kind.NUMBER: "numeric",
    Kind.BOOLEAN: "boolean",
    Kind.TIME: "timestamptz",
    Kind.JSON: "jsonb",
}
_MOMENT = timedelta(milliseconds=1)
# Each word of a search is looked for separately.
MAX_WORDS = 100
# Letters of the pieces that an index of `grams` finds; shorter words have none.
GRAM = 3
# Separates a row's searched texts in one string; no word contains it.
_BREAK = "E'\\n'"


@dataclass(slots=True)
class Where:
    """Writes conditions and collects their bound values, the key sets found in advance, and the
    predicates that hold for very many rows.
    """

    graph: Graph
    with_deleted: bool
    values: list[Any]
    keys: list[str] = field(default_factory=list[str])
    checked: list[str] = field(default_factory=list[str])
    aliases: int = 0
    context: Context = field(default_factory=lambda: Context(()))

    def bind(self, value: Any, cast: str) -> str:
        """The placeholder of a bound value."""
        self.values.append(value)
        return f"${len(self.values)}::{cast}"

    def alive(self, entity: Entity, row: str) -> str:
        """The condition that a row is not deleted."""
        return live(entity, row, self.with_deleted)

    def write(self, entity: Entity, row: str, via: str, condition: Condition) -> str:
        """The condition for a row that has already been found."""
        match condition:
            case Compare(path=(name,)) if name in entity.predicates:
                return self._predicate(entity, row, condition)
            case Compare(path=(name,)):
                return self._compare(entity.fields[name], row, via, condition)
            case Compare(path=(name, *rest)):
                relation = entity.relations[name]
                deeper = Compare(tuple(rest), condition.operator, condition.value)
                found = self._exists(relation, row, via, deeper)
                if condition.operator == "IS NULL":
                    return f"({found} OR NOT {self._exists(relation, row, via, Every(()))})"
                return found
            case Related(relation, part):
                return self._exists(entity.relations[relation], row, via, part)
            case Search(text):
                # If the entity has no searched paths, `q` is ignored, as on the reference.
                return self._search(entity, row, via, _patterns(text)) if entity.search else "true"
            case Every(parts):
                return self._join(entity, row, via, parts, " AND ", "true")
            case Either(parts):
                return self._join(entity, row, via, parts, " OR ", "false")
            case Negation(part):
                return f"NOT coalesce({self.write(entity, row, via, part)}, false)"
            case _:
                raise TypeError(f"not a condition: {condition!r}")

    def _predicate(self, entity: Entity, row: str, condition: Compare) -> str:
        (name,) = condition.path
        given = condition.value if condition.operator == "IN" else [condition.value]
        values = self.bind(given, "text[]")
        found = entity.predicates[name].format(row=row, values=values, context=self.context)
        if name in entity.checks:
            self.checked.append(found)
        return found

    def led(self, entity: Entity, row: str, condition: Condition, *, inner: bool = False) -> str:
        """The condition for the rows of a whole table.

        `inner` says that it is part of a key set that is itself found in advance.
        """
        parts = list(conjuncts(condition))
        lead = leading(self.graph, entity, parts)
        written: list[str] = []
        for place, part in enumerate(parts):
            if place == lead:
                written.append(self._among(entity, row, part, inner=inner))
            if place != lead or (isinstance(part, Search) and len(part.text.split()) > 1):
                written.append(self.write(entity, row, row, part))
        return " AND ".join(written) or "true"

    def _join(
        self, entity: Entity, row: str, via: str, parts: Sequence[Condition], word: str, none: str
    ) -> str:
        written = [self.write(entity, row, via, part) for part in parts]
        return f"({word.join(written)})" if written else none

    def source(self, relation: Relation, parent: str, parent_via: str) -> tuple[str, str, str, str]:
        """Aliases of the child and the join row, FROM and WHERE of a relation."""
        target, child = self.graph[relation.target], self._alias()
        alive = self.alive(target, child)
        via, tables, where = way(relation, target, parent, child, parent_via, alive)
        return child, via, tables, where

    def _alias(self) -> str:
        self.aliases += 1
        return f"w{self.aliases}"

    def _exists(self, relation: Relation, parent: str, parent_via: str, part: Condition) -> str:
        child, via, tables, where = self.source(relation, parent, parent_via)
        inner = self.write(self.graph[relation.target], child, via, part)
        return f"EXISTS (SELECT 1 FROM {tables} WHERE {where} AND {inner})"

    # The rows that a leading condition finds

    def _among(self, entity: Entity, row: str, part: Condition, *, inner: bool) -> str:
        """The rows whose keys are found first."""
        match part:
            case Search(text):
                # The longest word is likely to leave the fewest rows.
                return self._candidates(entity, row, max(_words(text), key=len), inner=inner)
            case Compare(path=(name, *rest)):
                deeper = Compare(tuple(rest), part.operator, part.value)
                return self._parents(entity.relations[name], row, deeper, inner=inner)
            case Related(name, within):
                return self._parents(entity.relations[name], row, within, inner=inner)
            case _:
                raise TypeError(f"leads nowhere: {part!r}")

    def _parents(self, relation: Relation, row: str, part: Condition, *, inner: bool) -> str:
        assert relation.keys is not None
        target, child, via = self.graph[relation.target], self._alias(), self._alias()
        near, far = relation.keys
        condition = f"{self.alive(target, child)} AND {self.led(target, child, part, inner=True)}"
        if relation.via is None:
            own = relation.narrowed.format(child=child)
            found = f"SELECT {child}.{far} FROM {target.table} {child} WHERE {condition}{own}"
            return self._have(row, near, found, inner=inner)
        join = relation.via
        children = f"SELECT {child}.{target.key} FROM {target.table} {child} WHERE {condition}"
        soft = f" AND {via}.deleted_at IS NULL" * join.soft
        found = (
            f"SELECT {via}.{join.near} FROM {table_name(join.table)} {via}"
            f" WHERE {via}.{join.far} = ANY(ARRAY({children})){soft}"
        )
        return self._have(row, near, found, inner=inner)

    def _have(self, row: str, column: str, found: str, *, inner: bool) -> str:
        """The rows whose column holds one of the keys found.

        The outermost keys are found once for the page and its count.
        """
        if inner:
            return f"{row}.{column} = ANY(ARRAY({found}))"
        self.keys.append(f"ARRAY({found}) AS k{len(self.keys)}")
        return f"{row}.{column} = ANY((SELECT k{len(self.keys) - 1} FROM led_)::text[])"

    # Search

    def _search(self, entity: Entity, row: str, via: str, patterns: list[str]) -> str:
        """Every word occurs in the row's own texts or in those of a single related row."""
        texts, tables = list[str](), list[str]()
        for name, columns in _by_relation(entity):
            target, alias, alias_via = entity, row, via
            if name:
                relation = entity.relations[name]
                target = self.graph[relation.target]
                alias, alias_via, source, where = self.source(relation, row, via)
                rows = f"SELECT {alias}.* FROM {source} WHERE {where}"
                tables.append(f"LEFT JOIN LATERAL ({rows}) {alias} ON true")
            texts.extend(_text(target.fields[column], alias, alias_via) for column in columns)
        joined = f"concat_ws({_BREAK}, {', '.join(texts)})"
        met = f"{joined} ILIKE ALL({self.bind(patterns, 'text[]')})"
        if not tables:
            return met
        return f"EXISTS (SELECT 1 FROM (SELECT 1) one_ {' '.join(tables)} WHERE {met})"

    def _candidates(self, entity: Entity, row: str, word: str, *, inner: bool) -> str:
        """Rows with the word in their own texts or in those of a related row."""
        parts: list[str] = []
        bound = self.bind(containing(word), "text")
        for name, columns in _by_relation(entity):
            relation = entity.relations[name] if name else None
            target = self.graph[relation.target] if relation else entity
            near, far = relation.keys if relation and relation.keys else (entity.key,) * 2
            child = self._alias()
            # One comparison per column, so that trigram indexes can be used.
            texts = " OR ".join(
                f"{_text(target.fields[column], child, child)} ILIKE {bound}" for column in columns
            )
            own = relation.narrowed.format(child=child) if relation else ""
            if target.grams and len(word) >= GRAM:
                own += f" AND {target.grams.format(row=child)} @> grams({self.bind(word, 'text')})"
            found = (
                f"SELECT {child}.{far} FROM {target.table} {child}"
                f" WHERE {self.alive(target, child)}{own} AND ({texts})"
            )
            parts.append(self._have(row, near, found, inner=inner))
        return f"({' OR '.join(parts)})"

    # Comparisons

    def _compare(self, value: Field, row: str, via: str, condition: Compare) -> str:
        sql = field_sql(value, row, via, self.context)
        cast = CASTS[value.kind]
        match condition.operator:
            case "IS NULL":
                return f"{sql} IS NULL"
            case "IN" | "NOT IN" as word:
                if value.kind is Kind.TIME:
                    sql = f"date_trunc('milliseconds', {sql})"
                sign = "= ANY" if word == "IN" else "<> ALL"
                return f"{sql} {sign}({self.bind(condition.value, f'{cast}[]')})"
            case "LIKE" | "ILIKE" | "~":
                pattern = self.bind(condition.value, "text")
                return f"{sql}::text {condition.operator} {pattern}"
            case operator if value.kind is Kind.TIME:
                return self._compare_time(sql, operator, condition.value)
            case operator:
                return f"{sql} {operator} {self.bind(condition.value, cast)}"

    def _compare_time(self, sql: str, operator: str, moment: Any) -> str:
        """Times are shown in milliseconds and stored in microseconds; a filter on a shown time must
        find its row.
        """
        start = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        match operator:
            case ">" | "<=":
                sign = ">=" if operator == ">" else "<"
                return f"{sql} {sign} {self.bind(start + _MOMENT, 'timestamptz')}"
            case "=" | "<>":
                first = self.bind(start, "timestamptz")
                beyond = self.bind(start + _MOMENT, "timestamptz")
                within = f"({sql} >= {first} AND {sql} < {beyond})"
                return within if operator == "=" else f"NOT {within}"
            case _:
                return f"{sql} {operator} {self.bind(start, 'timestamptz')}"


def _words(text: str) -> list[str]:
    words = list(dict.fromkeys(text.split()))
    if len(words) > MAX_WORDS:
        raise InvalidData(f"Invalid request: 'q' has more than {MAX_WORDS} words")
    return words


def _patterns(text: str) -> list[str]:
    return [containing(word) for word in _words(text)]


def _by_relation(entity: Entity) -> list[tuple[str, list[str]]]:
    """The searched columns: the row's own first, then those of each relation."""
    paths = [path.rpartition(".") for path in entity.search]
    return [
        (relation, [column for _, _, column in group])
        for relation, group in groupby(paths, key=lambda path: path[0])
    ]


def _text(value: Field, row: str, via: str) -> str:
    return f"{field_sql(value, row, via)}::text"
