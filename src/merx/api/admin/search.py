"""/admin/search: full-text search across everything an admin may want to find."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Request
from typing_extensions import TypedDict

from merx.core.errors import NotFound
from merx.core.shapes import Json, is_list
from merx.links import GRAPH
from merx.query.conditions import Compare, Condition, Every, Search
from merx.query.plan import Plan
from merx.query.run import read_pages
from merx.query.selection import parse_fields, select
from merx.web.answers import answers
from merx.web.filter_values import Reader
from merx.web.filters import Filter, texts
from merx.web.querystring import Query, parse_query
from merx.web.router import Router
from merx.web.transactions import Read
from merx.web.wording import got

_MOST = 100
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """What is shown of one kind of result, and which rows of the entity belong to it."""

    entity: str
    fields: tuple[str, ...]
    kind: Condition | None = None


# In the reference's order, which is that of the answer.
KINDS: Mapping[str, Found] = {
    "order": Found(
        "order", ("id", "display_id", "email"), Compare(("is_draft_order",), "=", False)
    ),
    "product": Found("product", ("id", "title", "thumbnail")),
    "product_variant": Found("product_variant", ("id", "title", "sku", "product_id")),
    "product_category": Found("product_category", ("id", "name")),
    "product_collection": Found("product_collection", ("id", "title")),
    "customer": Found("customer", ("id", "email", "first_name", "last_name")),
    "customer_group": Found("customer_group", ("id", "name")),
    "inventory_item": Found("inventory_item", ("id", "title", "sku")),
    "promotion": Found("promotion", ("id", "code", "status")),
    "campaign": Found("campaign", ("id", "name")),
    "price_list": Found("price_list", ("id", "title")),
    "user": Found("user", ("id", "email", "first_name", "last_name")),
    "region": Found("region", ("id", "name")),
    "tax_region": Found("tax_region", ("id", "country_code", "province_code")),
    "return_reason": Found("return_reason", ("id", "label", "value")),
    "sales_channel": Found("sales_channel", ("id", "name")),
    "product_type": Found("product_type", ("id", "value")),
    "product_tag": Found("product_tag", ("id", "value")),
    "stock_location": Found("stock_location", ("id", "name")),
    "shipping_profile": Found("shipping_profile", ("id", "name")),
    "publishable_api_key": Found(
        "api_key", ("id", "title", "redacted"), Compare(("type",), "=", "publishable")
    ),
    "secret_api_key": Found(
        "api_key", ("id", "title", "redacted"), Compare(("type",), "=", "secret")
    ),
}
_PARAMETERS = {
    "parameters": [
        {"name": "q", "in": "query", "schema": {"type": "string"}},
        {"name": "entity", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": _MOST}},
        {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0}},
    ]
}

router = Router(prefix="/search", tags=["search"])


class FoundRows(TypedDict):
    """The first rows of one kind that contain every word."""

    entity: str
    data: list[dict[str, Any]]
    count: int
    offset: int
    limit: int


@router.get("", openapi_extra=answers(results=list[FoundRows]) | _PARAMETERS)
async def search_everything(request: Request, tx: Read) -> Json:
    """Search all kinds of things for rows that contain every word of `q`; the first rows and the
    count of each.
    """
    asked = _asked(request.url.query)
    plans = [_plan(KINDS[kind], asked.text) for kind in asked.kinds]
    pages = await read_pages(tx, GRAPH, plans, limit=asked.limit, offset=asked.offset)
    page = {"offset": asked.offset, "limit": asked.limit}
    results = [
        {"entity": kind, "data": found["rows"], "count": found["count"], **page}
        for kind, found in zip(asked.kinds, orjson.loads(pages), strict=True)
    ]
    return {"results": results}


@dataclass(frozen=True, slots=True)
class _Asked:
    text: str
    kinds: tuple[str, ...]
    limit: int
    offset: int


def _asked(query: str) -> _Asked:
    values, reader = parse_query(query), Reader()
    unknown = [name for name in values if name not in ("q", "entity", "limit", "offset")]
    if unknown:
        reader.refuse(f"Unrecognized fields: '{', '.join(unknown)}'", (unknown[0],))
    text = values.get("q", "")
    if not isinstance(text, str):
        reader.refuse(f"Expected type: 'string' for field 'q', got: '{got(text)}'", ("q",))
    kinds = _kinds(reader, values.get("entity"))
    limit = _count(reader, values, "limit", 20, _MOST)
    offset = _count(reader, values, "offset", 0, 2**31)
    reader.check()
    _check_kinds(kinds)
    return _Asked(str(text), kinds or tuple(KINDS), limit, offset)


def _kinds(reader: Reader, value: Any) -> tuple[str, ...]:
    spec = texts("entity")
    assert isinstance(spec, Filter)
    items = value if is_list(value) else str(value).split(",") if isinstance(value, str) else []
    if value is not None and not all(isinstance(item, str) for item in items or [None]):
        reader.refuse(
            f"Expected type: '{spec.expected}' for field 'entity', got: '{got(value)}'", ("entity",)
        )
        return ()
    return tuple(dict.fromkeys(items))


def _check_kinds(kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        if kind not in KINDS:
            raise NotFound(
                f'No search entity registered for "{kind}". Registered entities: {", ".join(KINDS)}'
            )


def _count(reader: Reader, values: Query, name: str, default: int, most: int) -> int:
    value = values.get(name, str(default))
    if not (isinstance(value, str) and _WHOLE.fullmatch(value)):
        reader.refuse(f"Expected type: 'number' for field '{name}', got: '{got(value)}'", (name,))
    elif int(value) < (name == "limit"):
        reader.refuse(f"Value for field '{name}' too small, expected at least: '0'", (name,))
    elif int(value) > most:
        reader.refuse(f"Value for field '{name}' too big, expected at most: '{most}'", (name,))
    else:
        return int(value)
    return default


def _plan(found: Found, text: str) -> Plan:
    entity = GRAPH[found.entity]
    search = Search(text) if text.split() else None
    conditions = tuple(one for one in (found.kind, search) if one is not None)
    return Plan(select(GRAPH, entity, parse_fields(None, found.fields)), Every(conditions))
