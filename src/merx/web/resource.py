"""Resource: what a plain route needs to know of a readable thing, and the plain reads.

Small on purpose and without hooks: a route that is not plain is an ordinary function beside it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import orjson
from fastapi import Request, Response

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.shapes import is_dict, is_list
from merx.links import GRAPH
from merx.query.columns import context_names
from merx.query.conditions import Condition, Every
from merx.query.plan import Order, Plan
from merx.query.run import read_given, read_one, read_page
from merx.query.selection import Node, parse_fields, select
from merx.query.trees import PLAIN, Shape, follow
from merx.web.attempts import attempts
from merx.web.context import read_context
from merx.web.filters import Filter, Filters, Nested, Reader, boolean
from merx.web.querystring import parse_query
from merx.web.wording import got, invalid, unrecognized

_PAGING = ("fields", "offset", "limit", "order", "with_deleted")
_MAX_ORDERS = 8
_NUMBER = re.compile(r"[-+.0-9][-+.0-9eE]*$", re.ASCII)


@dataclass(frozen=True)
class Resource:
    """A readable thing with a URL.

    `singular` and `plural` are its keys in answers, `fields` the defaults of the contract,
    `context` the extra query parameters that computed fields read (a currency, a region).
    `missing` is the 404's text. `ignores_unknown` filters instead of refusing them. `trees` are
    flags of the query, each with the relation that it shows to its end; in a list the rows of such
    a tree must have the `tree_flags` that the list is filtered by, and always the `flags`. `order`
    is that of a list that asks for none. Where not everything may be seen, `allowed` names what
    may, and what a list can be ordered by; deleted rows then are not. `also` are paths that are
    shown whatever a query asks for.
    """

    entity: str
    singular: str
    plural: str
    fields: str
    filters: Filters = field(default_factory=dict[str, Filter | Nested])
    limit: int = 20
    object: str = ""
    missing: str = ""
    context: tuple[str, ...] = ()
    searchable: bool = True
    ignores_unknown: bool = False
    combines: bool = True
    trees: Mapping[str, str] = field(default_factory=dict[str, str])
    tree_flags: tuple[str, ...] = ()
    flags: tuple[tuple[str, bool], ...] = ()
    order: str = ""
    allowed: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    omits: tuple[str, ...] = ()

    @cached_property
    def defaults(self) -> tuple[str, ...]:
        """The default fields, one by one."""
        return tuple(self.fields.replace(",", " ").split())

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The OpenAPI parameters of a route that answers one thing."""
        names = ("fields", *self.context)
        return {"parameters": [*map(_parameter, names), *map(_flag_parameter, self.trees)]}

    @cached_property
    def page_parameters(self) -> dict[str, Any]:
        """The OpenAPI parameters of a route that answers a page."""
        plain = ("fields", "order", *(("q",) if self.searchable else ()), *self.context)
        counts = [
            _parameter(name, {"type": "integer", "minimum": 0}) for name in ("limit", "offset")
        ]
        filters = [
            _parameter(name, dict(spec.schema) if isinstance(spec, Filter) else {"type": "object"})
            for name, spec in self.filters.items()
        ]
        flags = map(_flag_parameter, self.trees)
        return {"parameters": [*map(_parameter, plain), *counts, *flags, *filters]}

    def selection(self, text: str | None, shape: Shape = PLAIN, also: tuple[str, ...] = ()) -> Node:
        """What the `fields` text shows, and `also` some paths that no text can take away."""
        if text is not None and self.allowed:
            text = self._permitted(text)
        return _selection(self.entity, self.defaults, text, shape, (*self.also, *also))

    def _permitted(self, text: str) -> str | None:
        """A `fields` text without what may not be seen; a plain name of that counts as the key,
        for the text still takes the place of the defaults."""
        entity = GRAPH[self.entity]
        seen: list[str] = []
        for item in text.split(","):
            name = item.strip().removesuffix(".*").lstrip("+-*")
            if "*" in item and not name:
                starred = (name for name, value in entity.fields.items() if value.starred)
                seen.extend(f"+{column}" for column in starred if column in self.allowed)
            elif name in self.allowed or not name:
                seen.append(item)
            elif name == item.strip():
                seen.append(entity.key)
        return ",".join(seen) if seen else None

    def deleted(self, row_id: str, **more: Any) -> dict[str, Any]:
        """The answer to a deletion."""
        return {"id": row_id, "object": self.object or self.singular, "deleted": True, **more}

    def not_found(self, row_id: str) -> NotFound:
        """The error for an id without a row."""
        text = self.missing or f"{self.singular} with id: {{id}} was not found"
        return NotFound(text.format(id=row_id))


def _parameter(name: str, schema: Mapping[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "in": "query", "schema": schema or {"type": "string"}}
    if found["schema"].get("type") == "object":
        found["style"] = "deepObject"
    return found


def _flag_parameter(name: str) -> dict[str, Any]:
    return _parameter(name, {"type": "boolean"})


@lru_cache(maxsize=256)
def _selection(
    entity: str,
    defaults: tuple[str, ...],
    text: str | None,
    shape: Shape,
    also: tuple[str, ...],
) -> Node:
    paths = [*parse_fields(text, defaults), *(tuple(path.split(".")) for path in also)]
    root = select(GRAPH, GRAPH[entity], paths)
    for relation in shape.followed:
        follow(root, relation, whole=shape.whole, flags=shape.flags)
    return root


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks to see of a resource: `fields`, which relations to their end, and the
    context of computed fields."""

    fields: str | None
    context: Mapping[str, object]
    shape: Shape = PLAIN


def question(request: Request, resource: Resource) -> Question:
    """The query of a route that answers one thing; unknown parameters are refused."""
    values = parse_query(request.url.query)
    read_by_fields = _context_names(resource, values)
    known = {"fields", *read_by_fields, *resource.trees}
    unknown = [name for name in values if name not in known]
    reader = Reader()
    followed = _followed(reader, resource, values)
    _check_texts(reader, values, "fields")
    context = read_context(reader, read_by_fields, values)
    if unknown:
        reader.refuse(unrecognized(unknown), (unknown[0],))
    reader.check()
    return Question(values.get("fields"), context, Shape(followed, flags=resource.flags))


async def find_one(
    tx: Transaction,
    resource: Resource,
    row_id: str,
    asked: Question,
    condition: Condition | None = None,
) -> bytes:
    """The row as JSON bytes; NotFound when there is none."""
    selection = resource.selection(asked.fields, asked.shape)
    plan = Plan(selection, condition, context=dict(asked.context))
    row = await read_one(tx, GRAPH, plan, row_id)
    if row is None:
        raise resource.not_found(row_id)
    _note(plan, [row_id], b"[%s]" % row)
    return without_nulls(row, resource.omits)


def _note(plan: Plan, ids: list[str], rows: bytes) -> None:
    """Let a dry run read the rows once more when it is undone."""
    attempt = attempts.get()
    if attempt is not None:
        kept = replace(plan, condition=None)
        attempt.note(rows, lambda tx: read_given(tx, GRAPH, kept, ids))


async def note_rows(tx: Transaction, resource: Resource, ids: list[str], fields: str) -> None:
    """Let a dry run tell what becomes of rows that the answer does not show."""
    attempt = attempts.get()
    if attempt is not None and attempt.shows_changes:
        await find_given(tx, resource, ids, Question(fields, {}))


def without_nulls(row: bytes, names: tuple[str, ...]) -> bytes:
    """JSON of a read without these keys where they are null.

    A read writes no blanks around its keys and metadata has them, so free keys stay as they are;
    within texts, quotes are escaped. The key comes first, so there is a comma before each other.
    """
    for name in names:
        row = row.replace(b',"%s":null' % name.encode(), b"")
    return row


async def find_given(tx: Transaction, resource: Resource, ids: list[str], asked: Question) -> bytes:
    """The rows of the ids as a JSON list, in their order."""
    plan = Plan(resource.selection(asked.fields, asked.shape), context=dict(asked.context))
    rows = await read_given(tx, GRAPH, plan, ids)
    _note(plan, ids, rows)
    return rows


async def answer_one(
    tx: Transaction,
    resource: Resource,
    row_id: str,
    request: Request,
    condition: Condition | None = None,
) -> Response:
    """`{singular: row}`."""
    row = await find_one(tx, resource, row_id, question(request, resource), condition)
    return wrap(**{resource.singular: row})


async def answer_page(
    tx: Transaction, resource: Resource, request: Request, condition: Condition | None = None
) -> Response:
    """`{plural: rows, count, offset, limit}` for the request's filters, order and page."""
    page = page_question(request, resource, condition)
    rows, count = await read_page(tx, GRAPH, page.plan, limit=page.limit, offset=page.offset)
    return wrap(**{resource.plural: rows}, count=count, offset=page.offset, limit=page.limit)


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows a request asks for, what it asks to see of them, and where the page lies."""

    plan: Plan
    limit: int
    offset: int


def page_question(
    request: Request,
    resource: Resource,
    condition: Condition | None = None,
    also: tuple[str, ...] = (),
) -> Page:
    """The query of a route that answers a page; `also` are paths shown whatever it asks."""
    return page_of(request.url.query, resource, condition, also)


def page_of(
    query: str,
    resource: Resource,
    condition: Condition | None = None,
    also: tuple[str, ...] = (),
) -> Page:
    """The page that the text of a query asks for."""
    return page_from(parse_query(query), resource, condition, also)


def page_from(
    values: Mapping[str, Any],
    resource: Resource,
    condition: Condition | None = None,
    also: tuple[str, ...] = (),
) -> Page:
    """The page that the values of a query ask for."""
    reader = Reader()
    limit = _count(reader, values, "limit", resource.limit)
    offset = _count(reader, values, "offset", 0)
    with_deleted = _with_deleted(reader, values) and not resource.allowed
    _check_texts(reader, values, "fields", "order")
    context = _context(reader, resource, values)
    filters = _filters(reader, resource, values)
    asked = reader.read(resource.filters, filters, ())
    followed = _followed(reader, resource, values)
    reader.check()
    plan = Plan(
        resource.selection(values.get("fields"), _page_shape(resource, followed, filters), also),
        asked if condition is None else _both(condition, asked),
        _orders(resource, values.get("order", resource.order)),
        with_deleted,
        context,
    )
    return Page(plan, limit, offset)


def wrap(**parts: bytes | object) -> Response:
    """A JSON object of parts: finished bytes go in as they are."""
    pieces = [
        b'"%s":%s' % (name.encode(), part if isinstance(part, bytes) else orjson.dumps(part))
        for name, part in parts.items()
    ]
    return Response(b"{%s}" % b",".join(pieces), media_type="application/json")


def _both(first: Condition, second: Condition) -> Condition:
    return Every((first, second))


def _check_texts(reader: Reader, values: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if name in values and not isinstance(values[name], str):
            message = f"Expected type: 'string' for field '{name}', got: '{got(values[name])}'"
            reader.refuse(message, (name,))


def _context_names(resource: Resource, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The parameters that are context: those of the resource, and whatever the computed fields
    that are asked for read, however deep they stand. Where not everything may be seen, who asks
    is not for the query to say: there only those of the resource."""
    if resource.allowed:
        return resource.context
    text = values.get("fields")
    read = context_names(resource.selection(text if isinstance(text, str) else None))
    others = (name for name in read if name not in resource.filters)
    return tuple(dict.fromkeys((*resource.context, *others)))


def _context(reader: Reader, resource: Resource, values: Mapping[str, Any]) -> dict[str, object]:
    """What computed fields read. Filters are part of it: who asks for the products of a sales
    channel sees what can be sold there; of several values, the texts with commas between."""
    given = {name: values[name] for name in resource.filters if name in values}
    filtered = {
        name: ",".join(map(str, value)) if is_list(value) else value
        for name, value in given.items()
        if not is_dict(value)
    }
    return {**filtered, **read_context(reader, _context_names(resource, values), values)}


def _filters(reader: Reader, resource: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are filters; unknown names are refused or ignored."""
    taken = {*_PAGING, *_context_names(resource, values), *resource.trees}
    others = {name: value for name, value in values.items() if name not in taken}
    known = {
        *resource.filters,
        *(("q",) if resource.searchable else ()),
        *(("$and", "$or") if resource.combines else ()),
    }
    unknown = [name for name in others if name not in known]
    if unknown and not resource.ignores_unknown:
        reader.refuse(unrecognized(unknown), (unknown[0],))
    return {name: value for name, value in others.items() if name in known}


def _followed(reader: Reader, resource: Resource, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The relations that the query asks to see to their end."""
    flag = {name: boolean(name) for name in resource.trees if name in values}
    reader.read(flag, {name: values[name] for name in flag}, ())
    return tuple(resource.trees[name] for name in flag if str(values[name]).lower() == "true")


def _page_shape(resource: Resource, followed: tuple[str, ...], filters: Mapping[str, Any]) -> Shape:
    flags = [
        (name, str(filters[name]).lower() == "true")
        for name in resource.tree_flags
        if name in filters
    ]
    return Shape(followed, whole=True, flags=(*resource.flags, *flags))


def _count(reader: Reader, values: Mapping[str, Any], name: str, default: int) -> int:
    value = values.get(name)
    if value is None:
        return default
    try:
        number = int(float(value)) if isinstance(value, str) and _NUMBER.match(value) else None
    except (ValueError, OverflowError):
        number = None
    if number is None:
        reader.refuse(f"Expected type: 'number' for field '{name}', got: '{got(value)}'", (name,))
    elif not 0 <= number < 2**63:
        reader.refuse(f"Field '{name}' must not be negative or beyond 2^63", (name,))
    return number or 0


def _with_deleted(reader: Reader, values: Mapping[str, Any]) -> bool:
    value = values.get("with_deleted", "false")
    if value not in ("true", "false"):
        message = f"Expected type: 'boolean' for field 'with_deleted', got: '{got(value)}'"
        reader.refuse(message, ("with_deleted",))
    return value == "true"


def _orders(resource: Resource, text: str | None) -> tuple[Order, ...]:
    """`-created_at,title` → orders; each name must be a path of the graph."""
    items = [item.strip() for item in (text or "").split(",") if item.strip()]
    if len(items) > _MAX_ORDERS:
        raise InvalidData(f"Invalid request: 'order' names more than {_MAX_ORDERS} fields")
    return tuple(
        Order(_order_path(resource, item.lstrip("-+")), item.startswith("-")) for item in items
    )


def _order_path(resource: Resource, text: str) -> tuple[str, ...]:
    if resource.allowed and text not in resource.allowed:
        raise InvalidData(f"Order field {text} is not valid")
    path = tuple(text.split("."))
    entity = GRAPH[resource.entity]
    for name in path[:-1]:
        # The order of rows would tell of those that the relation does not show.
        if name in entity.relations and entity.relations[name].only:
            raise InvalidData(f"Order field {text} is not valid")
        if name not in entity.relations or len(path) > _MAX_ORDERS:
            raise invalid([{"path": "order", "message": f"Cannot order by unknown field '{text}'"}])
        entity = GRAPH.target(entity, name)
    value = entity.fields.get(path[-1])
    if value is not None and value.ordered_by:
        return (*path[:-1], value.ordered_by)
    if value is None or value.needs:
        raise invalid([{"path": "order", "message": f"Cannot order by unknown field '{text}'"}])
    return path
