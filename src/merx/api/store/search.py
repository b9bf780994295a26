"""/store/search: full-text search for the products that a storefront may see.

The reference has no index until one is created, and says so; Merx does the same unless MERX_SEARCH
is on. docs/reference/store.md describes what is found.
"""

from dataclasses import replace
from typing import Annotated, Any

import orjson
from fastapi import Body, Request, Response
from pydantic import ValidationError

from merx.api.store.products.resources import PRODUCT
from merx.api.store.search_schemas import SearchQueries, SearchQuery
from merx.api.store.shopper import Looking, Shopper, bounded, bounds_of, check_bound, offers
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.shapes import Document, is_dict, is_list
from merx.links import GRAPH
from merx.modules.product.search_index import words_of
from merx.modules.product.storefront import IS_OFFERED
from merx.providers.search import Match, Searches, Wanted
from merx.query.conditions import Compare, Either, Every
from merx.query.plan import Order, Plan
from merx.query.run import read_extended_page
from merx.web.answers import Maybe, answers
from merx.web.cursors import read_cursor, write_cursor
from merx.web.queries import facets_of, page_from
from merx.web.router import Router
from merx.web.transactions import reading
from merx.web.wording import invalid_request

_PRICE = "variants.calculated_price"
_SCORE = "search_score"
_PRODUCT = "product"
# The reference's message for a query that matches neither of the two forms of the body.
_NEITHER = "Invalid request: Field 'queries' is required"
_BOTH = "Invalid request: Invalid input"
# What `errors` says of such a body.
_FORMS = (
    'Send one query, {"entity": "product", "filters": {"q": "shirt"}},'
    ' or a list of them as {"queries": […]}'
)
_KINDS = {"entity": (str, "string"), "filters": (dict, "record"), "fields": (list, "array")}

router = Router(prefix="/search", tags=["store search"], is_shared=True)


_FOUND = answers(
    entity=Maybe(str),
    data=Maybe([PRODUCT]),
    metadata=Maybe(dict[str, Any]),
    results=Maybe(list[dict[str, Any]]),
)


@router.post("", openapi_extra=_FOUND)
async def search(request: Request, shopper: Looking, body: Annotated[Any, Body()]) -> Response:
    """Search by one query, or by several."""
    is_on: bool = request.app.state.settings.search
    queries = _queries(body)
    for query in queries:
        if not (is_on and query.entity == _PRODUCT):
            raise NotFound(f'No search index named "{query.entity}"')
    searches: Searches = request.app.state.search
    # A search engine is called before a connection is taken, so none is held meanwhile.
    matches = [await _match(query, searches) for query in queries]
    async with reading(request) as tx:
        asked = zip(queries, matches, strict=True)
        plans = [bounded(_offered(*pair, shopper), bounds_of(request)) for pair in asked]
        found = [await _answer(tx, *pair) for pair in zip(queries, plans, strict=True)]
    is_one = "queries" not in body
    content = found[0] if is_one else b'{"results":[%s]}' % b",".join(found)
    return Response(content, media_type="application/json")


def _queries(body: Any) -> list[SearchQuery]:
    if not is_dict(body):
        raise _neither("Invalid request: Field '' is required")
    if "queries" in body and "entity" in body:
        raise _neither(_BOTH)
    if "queries" not in body and "entity" not in body:
        raise _neither(_NEITHER)
    if "entity" not in body:
        return _checked(SearchQueries, body).queries
    for name, (kind, word) in _KINDS.items():
        if name in body and not isinstance(body[name], kind):
            raise InvalidData(
                f"Invalid request: Expected type: '{word}' for field 'queries', got: 'undefined'"
            )
    try:
        return [SearchQuery.model_validate(body)]
    except ValidationError as error:
        told = invalid_request(error.errors(include_url=False), skip=0)
        raise InvalidData(_NEITHER, problems=told.problems) from error


def _neither(message: str) -> InvalidData:
    return InvalidData(message, problems=[{"path": "", "code": "invalid", "message": _FORMS}])


def _checked(model: type[SearchQueries], body: Document) -> SearchQueries:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise invalid_request(error.errors(include_url=False), skip=0) from None


async def _match(query: SearchQuery, searches: Searches) -> Match | None:
    """The condition for the words of a query; None if it has none."""
    text = query.filters.get("q") or ""
    if not isinstance(text, str):
        raise InvalidData("Invalid request: Expected type: 'string' for field 'filters, q'")
    options = query.search_options
    wanted = Wanted(text, options.match_strategy == "all", options.typo_tolerance)
    if not text.strip():
        return None
    # Punctuation alone matches nothing.
    return await searches.match(wanted) if words_of(text) else Match((), _SCORE, every=False)


def _offered(query: SearchQuery, match: Match | None, shopper: Shopper) -> Plan:
    """What the shopper may see of what a query asks for."""
    unsupported = query.search_options.unsupported()
    if unsupported:
        raise InvalidData(f"The search of this shop does not support {', '.join(unsupported)}")
    plan = _paged(query, _plan(query, match, shopper))
    return offers(plan, shopper, offered=IS_OFFERED)


async def _answer(tx: Transaction, query: SearchQuery, plan: Plan) -> bytes:
    """`{entity, data, metadata}`, in one statement."""
    options, page = query.search_options, query.pagination
    found = await read_extended_page(tx, GRAPH, plan, limit=page.take, offset=page.skip)
    check_bound(found, plan)
    metadata = {
        "count": None if options.count == "none" else found.count,
        "skip": page.skip,
        "take": page.take,
        **({} if plan.after is None else {"cursor": write_cursor(plan, found.last)}),
    }
    facets = b',"facets":%s' % found.facets if plan.facets and found.facets else b""
    head = b'"entity":"product","data":%s,"metadata":%s'
    return b"{%s%s}" % (head % (found.rows, orjson.dumps(metadata)), facets)


def _plan(query: SearchQuery, match: Match | None, shopper: Shopper) -> Plan:
    filters = {name: value for name, value in query.filters.items() if name != "q"}
    order = ",".join(
        f"-{path}" if way == "DESC" else path for path, way in query.pagination.order.items()
    )
    values = {**_as_query(filters), **({"order": order} if order else {})}
    if query.fields is not None:
        values["fields"] = ",".join(query.fields)
    score = (_SCORE,) if query.search_options.include_score else ()
    plan = page_from(values, PRODUCT, also=(*shopper.priced(_PRICE), *score)).plan
    if match is None:
        return plan
    parts = tuple(Compare((name,), "IN", held) for name, held in match.tests)
    matched = Every(parts) if match.every else Either(parts)
    return replace(
        plan,
        condition=Every((*((plan.condition,) if plan.condition else ()), matched)),
        orders=plan.orders or (Order((match.order,), match.descending),),
        context={**plan.context, **match.context},
    )


def _paged(query: SearchQuery, plan: Plan) -> Plan:
    """The plan with the facets and the cursor of the query; an empty cursor is the beginning."""
    page = query.pagination
    plan = replace(plan, facets=facets_of(PRODUCT, query.search_options.facets or ()))
    if page.cursor is None:
        return plan
    if page.skip:
        raise InvalidData("Invalid request: 'cursor' and 'skip' exclude each other")
    return replace(plan, after=read_cursor(plan, page.cursor))


def _as_query(value: Any) -> Any:
    """JSON values as those of a query string, which filters read."""
    if is_dict(value):
        return {name: _as_query(item) for name, item in value.items()}
    if is_list(value):
        return [_as_query(item) for item in value]
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
