"""JSON schemas of answers, from the graph: one component per entity and area.

The component of an entity has everything that any route of the area shows of it by default. Since
`fields` can leave any of that out, only what every row carries is required.
"""

import re
from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter
from sqlalchemy import ARRAY, CheckConstraint, ColumnElement, Integer, Table

from merx.core.schema import Base
from merx.core.shapes import is_dict, is_list
from merx.links import GRAPH
from merx.query.graph import Entity, Field, Kind
from merx.query.json_schemas import EXACT, mapping_of, or_null
from merx.query.selection import Node
from merx.web.answers import Answer, Maybe, Selected
from merx.web.resource import Resource

Schema = dict[str, Any]

_REF = "#/components/schemas/"
_TYPES: Mapping[Kind, Schema] = {
    Kind.TEXT: {"type": "string"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.TIME: {"type": "string", "format": "date-time"},
}
_FREE = mapping_of(True)
_EXACT_AMOUNT: Schema = {
    "type": "object",
    "description": "An amount as the text of its exact digits.",
    "required": ["value", "precision"],
    "properties": {"value": {"type": "string"}, "precision": {"type": "integer"}},
}
_CHOICE = re.compile(r"""\(?"?(\w+)"? IN \(((?:'[^']*'(?:, ?)?)+)\)\)?""")


def pascal(name: str) -> str:
    """`product_variant` → `ProductVariant`."""
    return "".join(word.capitalize() for word in re.split(r"[-_ ]", name))


class Schemas:
    """The components of a document, created as the answers of its routes are described."""

    def __init__(self) -> None:
        self._shown: dict[str, _Shown] = {}
        self._others: dict[str, Schema] = {}

    def answer(self, area: str, answer: Answer) -> Schema:
        """The schema of a route's answer in an area."""
        if answer.type is not None:
            return self._part(area, answer.type)
        if not answer.parts:
            return {"type": "object", "description": "Empty.", "maxProperties": 0}
        given = answer.parts.items()
        parts = {name: part.part if isinstance(part, Maybe) else part for name, part in given}
        return {
            "type": "object",
            "required": [
                name for name, part in answer.parts.items() if not isinstance(part, Maybe)
            ],
            "properties": {name: self._part(area, part) for name, part in parts.items()},
        }

    def components(self) -> dict[str, Schema]:
        """The components that the answers refer to."""
        found = {name: shown.schema() for name, shown in self._shown.items()}
        return dict(sorted({**found, **self._others, "ExactAmount": _EXACT_AMOUNT}.items()))

    def _part(self, area: str, part: Any) -> Schema:
        if is_dict(part):
            return dict(part)
        if isinstance(part, Resource):
            return self._row(area, part.selection(None), is_root=True)
        if isinstance(part, Selected):
            return self._selected(part)
        if is_list(part):
            return {"type": "array", "items": self._part(area, part[0])}
        schema = TypeAdapter[Any](part).json_schema(ref_template=f"{_REF}{{model}}")
        self._others |= schema.pop("$defs", {})
        if "title" in schema and "properties" in schema:
            name = schema["title"]
            self._others[name] = schema
            return {"$ref": _REF + name}
        return schema

    def _selected(self, part: Selected) -> Schema:
        row = self._row(part.area, part.root, is_root=True)
        for entity, more in part.more.items():
            shown = self._shown[_component(part.area, entity)]
            shown.more |= {name: self._part(part.area, one) for name, one in more.items()}
        return row

    def _row(self, area: str, node: Node, *, is_root: bool = False) -> Schema:
        """A reference to the component of the node's entity, extended by what the node shows."""
        entity = node.entity
        name = _component(area, entity.name)
        shown = self._shown.setdefault(name, _Shown(entity))
        shown.fields |= node.fields
        shown.is_nested |= not is_root
        for stub in node.stubs:
            target = GRAPH.target(entity, stub)
            shown.relations[stub] = self._row(area, Node(target, fields={target.key: None}))
        for relation, child in node.children.items():
            shown.relations[relation] = self._row(area, child)
        return {"$ref": _REF + name}


def _component(area: str, entity: str) -> str:
    """The name of the component of an entity: `AdminProduct`."""
    if entity == area == "store":
        return pascal(area) * 2
    return pascal(area) + pascal(entity.removeprefix(f"{area}_"))


class _Shown:
    """What the answers of an area show of an entity."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity
        self.fields: dict[str, None] = {}
        self.relations: dict[str, Schema] = {}
        self.more: dict[str, Schema] = {}
        self.is_nested = False

    def schema(self) -> Schema:
        entity, properties = self._entity, dict[str, Schema]()
        for name, value in entity.fields.items():
            # Fields that need a context are returned only if selected, but always documented.
            if name in self.fields or (value.needs and value.schema is not None):
                # SQLAlchemy's names are a str subclass, which not every JSON library accepts.
                properties[str(name)] = _field_schema(name, value)
        for name, relation in entity.relations.items():
            if name in self.relations:
                row = self.relations[name]
                rows = {"type": "array", "items": row}
                properties[name] = rows if relation.many else or_null(row)
        is_told = entity.key in entity.always or not self.is_nested
        required = {"required": [entity.key]} if is_told and entity.key in properties else {}
        return {"type": "object", **required, "properties": properties | self.more}


def _field_schema(name: str, value: Field) -> Schema:
    if value.schema is not None:
        return dict(value.schema)
    if value.kind is Kind.JSON:
        return _json_schema(name, value)
    column = value.column
    if column is None:
        return or_null(dict(_TYPES[value.kind]))
    if isinstance(column.type, ARRAY):
        schema: Schema = {"type": "array", "items": {"type": "string"}}
    elif isinstance(column.type, Integer):
        schema = {"type": "integer"}
    else:
        schema = dict(_TYPES[value.kind])
    choices = _choices(column)
    if choices:
        schema["enum"] = list(choices)
    return or_null(schema) if _can_be_null(column) else schema


def _json_schema(name: str, value: Field) -> Schema:
    if name.startswith("raw_"):
        return or_null(EXACT)
    if name == "metadata":
        can_be_null = value.column is None or _can_be_null(value.column)
        return or_null(_FREE) if can_be_null else _FREE
    return _annotated(value.column) or {"description": "Any JSON."}


def _annotated(column: ColumnElement[Any] | None) -> Schema:
    """What the model says of a column of JSON: `data: Mapped[dict[str, Any] | None]`."""
    for mapper in Base.registry.mappers:
        if column is not None and mapper.local_table is getattr(column, "table", None):
            [kind] = get_args(get_type_hints(mapper.class_)[str(column.key)])
            return TypeAdapter[Any](kind).json_schema()
    return {}


def _can_be_null(column: ColumnElement[Any]) -> bool:
    return bool(getattr(column, "nullable", True))


def _choices(column: ColumnElement[Any]) -> tuple[str, ...]:
    """The values allowed by a CHECK of the column's table: `status IN ('draft', …)`."""
    table = getattr(column, "table", None)
    if not isinstance(table, Table):
        return ()
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            found = _CHOICE.fullmatch(str(constraint.sqltext))
            if found and found[1] == column.key:
                return tuple(re.findall(r"'([^']*)'", found[2]))
    return ()
