"""The query of a read: what a request wants to see of a resource, and of which rows.

Unknown parameters and values of a wrong type are refused, all in one error.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from fastapi import Request

from merx.core.errors import InvalidData
from merx.core.shapes import is_dict, is_list
from merx.links import GRAPH
from merx.query.columns import context_names
from merx.query.conditions import Condition, Every
from merx.query.plan import Facet, Order, Plan
from merx.query.trees import PLAIN, Shape
from merx.web.context import read_context
from merx.web.cursors import read_cursor
from merx.web.filter_values import Reader
from merx.web.filters import boolean
from merx.web.querystring import Query, parse_query
from merx.web.resource import Resource
from merx.web.wording import got, invalid, unrecognized

_PAGING = ("fields", "offset", "limit", "order", "with_deleted")
_MAX_ORDERS = 8
# The cursor after which the page begins.
AFTER = "after"
_NUMBER = re.compile(r"[-+.0-9][-+.0-9eE]*$", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """What a request wants to see of a resource: `fields`, relations followed to their end, and the
    context of computed fields.
    """

    fields: str | None
    context: Mapping[str, object]
    shape: Shape = PLAIN


def read_query(request: Request, resource: Resource) -> ReadQuery:
    """The query of a route that answers one row; unknown parameters are refused."""
    text = query_text(request)
    if not text:
        return ReadQuery(None, {}, Shape(flags=resource.flags))
    values = parse_query(text)
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
    return ReadQuery(values.get("fields"), context, Shape(followed, flags=resource.flags))


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which rows a request asks for, what it shows of them, and the position of the page."""

    plan: Plan
    limit: int
    offset: int


def page_query(
    request: Request,
    resource: Resource,
    condition: Condition | None = None,
    also: tuple[str, ...] = (),
) -> PageQuery:
    """The query of a route that answers a page; `also` are paths shown in any case."""
    return page_of(request.url.query, resource, condition, also)


def list_query(
    request: Request,
    resource: Resource,
    condition: Condition | None = None,
    also: tuple[str, ...] = (),
) -> PageQuery:
    """The query of a list that also supports cursors and facets."""
    return list_of(query_text(request), resource, condition, also)


def query_text(request: Request) -> str:
    """The query of a request as it came."""
    return request.scope["query_string"].decode("latin-1")


def list_of(
    text: str, resource: Resource, condition: Condition | None, also: tuple[str, ...]
) -> PageQuery:
    """The list that a query string asks for."""
    values = dict(parse_query(text))
    after = _taken(values, AFTER)
    named = _taken(values, "facets") if resource.facets else None
    page = page_from(values, resource, condition, also)
    plan = replace(page.plan, facets=facets_of(resource, (named or "").split(",")))
    if after is not None and "offset" in values:
        raise InvalidData(f"Invalid request: '{AFTER}' and 'offset' exclude each other")
    return replace(
        page, plan=plan if after is None else replace(plan, after=read_cursor(plan, after))
    )


def _taken(values: Query, name: str) -> str | None:
    """Remove a text from the values and return it, if present."""
    value = values.pop(name, None)
    if value is not None and not isinstance(value, str):
        given = got(value)
        raise InvalidData(
            f"Invalid request: Expected type: 'string' for field '{name}', got: '{given}'"
        )
    return value


def facets_of(resource: Resource, names: Iterable[str]) -> tuple[Facet, ...]:
    """The facets with these names; InvalidData for an unknown one."""
    wanted = dict.fromkeys(name.strip() for name in names if name.strip())
    for name in wanted:
        if name not in resource.facets:
            known = ", ".join(resource.facets)
            raise InvalidData(
                f"Invalid request: Expected: '{known}' for field 'facets', but got: '{name}'"
            )
    return tuple(resource.facets[name] for name in wanted)


def page_of(
    query: str,
    resource: Resource,
    condition: Condition | None = None,
    also: tuple[str, ...] = (),
) -> PageQuery:
    """The page that a query string asks for."""
    return page_from(parse_query(query), resource, condition, also)


def page_from(
    values: Query,
    resource: Resource,
    condition: Condition | None = None,
    also: tuple[str, ...] = (),
) -> PageQuery:
    """The page that the parsed values of a query ask for."""
    reader = Reader()
    offset = _count(reader, values, "offset", 0)
    limit = _count(reader, values, "limit", resource.limit)
    with_deleted = _with_deleted(reader, values) and not resource.allowed
    _check_texts(reader, values, "fields", "order")
    context = _context(reader, resource, values)
    filters, unknown = _filters(resource, values)
    wanted = reader.read(resource.filters, filters, ())
    followed = _followed(reader, resource, values)
    if unknown and not resource.ignores_unknown:
        reader.refuse(unrecognized(unknown), (unknown[0],))
    reader.check()
    plan = Plan(
        resource.selection(values.get("fields"), _page_shape(resource, followed, filters), also),
        wanted if condition is None else Every((condition, wanted)),
        _orders(resource, values.get("order", resource.order)),
        with_deleted,
        context,
    )
    return PageQuery(plan, limit, offset)


def _check_texts(reader: Reader, values: Query, *names: str) -> None:
    for name in names:
        if name in values and not isinstance(values[name], str):
            message = f"Expected type: 'string' for field '{name}', got: '{got(values[name])}'"
            reader.refuse(message, (name,))


def _context_names(resource: Resource, values: Query) -> tuple[str, ...]:
    """The parameters that are context: the resource's, and those read by the selected computed
    fields at any depth.

    If only some fields are `allowed`, the caller may not choose the context: only the resource's
    parameters count.
    """
    if resource.allowed:
        return resource.context
    text = values.get("fields")
    read = context_names(resource.selection(text if isinstance(text, str) else None))
    others = (name for name in read if name not in resource.filters)
    return tuple(dict.fromkeys((*resource.context, *others)))


def _context(reader: Reader, resource: Resource, values: Query) -> dict[str, object]:
    """The values that computed fields read.

    Filters are part of it: a list filtered by a sales channel shows the stock of that channel.
    Several values are joined with commas.
    """
    given = {name: values[name] for name in resource.filters if name in values}
    filtered = {
        name: ",".join(map(str, value)) if is_list(value) else value
        for name, value in given.items()
        if not is_dict(value)
    }
    return {**filtered, **read_context(reader, _context_names(resource, values), values)}


def _filters(resource: Resource, values: Query) -> tuple[Query, list[str]]:
    """The values that are filters, and the names that are unknown."""
    taken = {*_PAGING, *_context_names(resource, values), *resource.trees}
    others = {name: value for name, value in values.items() if name not in taken}
    known = {
        *resource.filters,
        *(("q",) if resource.searchable else ()),
        *(("$and", "$or") if resource.combines else ()),
    }
    unknown = [name for name in others if name not in known]
    return {name: value for name, value in others.items() if name in known}, unknown


def _followed(reader: Reader, resource: Resource, values: Query) -> tuple[str, ...]:
    """The relations that the query follows to their end."""
    flag = {name: boolean(name) for name in resource.trees if name in values}
    reader.read(flag, {name: values[name] for name in flag}, ())
    return tuple(resource.trees[name] for name in flag if str(values[name]).lower() == "true")


def _page_shape(resource: Resource, followed: tuple[str, ...], filters: Query) -> Shape:
    flags = [
        (name, str(filters[name]).lower() == "true")
        for name in resource.tree_flags
        if name in filters
    ]
    return Shape(followed, whole=True, flags=(*resource.flags, *flags))


def _count(reader: Reader, values: Query, name: str, default: int) -> int:
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


def _with_deleted(reader: Reader, values: Query) -> bool:
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
        # Ordering by a hidden relation would reveal something about its rows.
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
