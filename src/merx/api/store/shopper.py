"""The shopper: the storefront's channels, the region and the customer.

They restrict what is shown, and are the context of prices and quantities. A storefront can ask only
for channels of its own key, and for prices only with a region.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request, Response

from merx.access.customer import find_customer
from merx.access.store import Shop, key_lookup
from merx.api.store.known_pages import LANGUAGE_HEADER, LONGEST_QUERY, remember
from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.core.shapes import is_list
from merx.links import GRAPH
from merx.modules.translation.texts import locale_code
from merx.query.columns import context_names
from merx.query.conditions import Compare, Condition, Either, Every, Negation, Related
from merx.query.leading import conjuncts
from merx.query.lookups import Lookup, with_lookup
from merx.query.plan import Plan, Within
from merx.query.run import Page, read_extended_page, read_one, run_page
from merx.query.sql import Statement, select_page
from merx.settings import Settings
from merx.web.queries import (
    PageQuery,
    ReadQuery,
    list_of,
    list_query,
    query_text,
    read_query,
)
from merx.web.querystring import parse_query
from merx.web.reads import wrap_page
from merx.web.resource import Resource

# The context that a query may set; the rest is derived from the caller.
LANGUAGE = "locale"
CONTEXT = ("region_id", "country_code", "province", "cart_id", LANGUAGE)
_PRICE = "currency_code"
# What lists are filtered and ordered by as the price of a variant.
AMOUNT = "calculated_amount"


# Pages whose statements a process remembers, some 20 kB each.
_REMEMBERED = 256


class Bounds(NamedTuple):
    """How many products facets look into, and how many may be priced for an order or a filter."""

    sampled: int
    priced: int


@dataclass(frozen=True, slots=True)
class Shopper:
    """The caller: `channels` are the requested ones, by default all of the key's. Its reads are to
    make the `lookup` of the key.
    """

    channels: tuple[str, ...]
    region_id: str | None
    customer_id: str | None
    locale: str | None
    lookup: Lookup | None = field(default=None, compare=False)

    def context(self, named: dict[str, object]) -> dict[str, object]:
        """The context of computed fields: `named` by the query, and known of the shopper."""
        known = {"sales_channel_id": ",".join(self.channels), "storefront": True}
        return {**named, **known, "customer_id": self.customer_id, LANGUAGE: self.locale}

    def priced(self, path: str) -> tuple[str, ...]:
        """The path of a price, if the request has the region that it needs."""
        return (path,) if self.region_id is not None else ()

    def sees(self, condition: Condition | None, *, offered: str) -> Condition:
        """The condition for rows that this shopper may see."""
        seen: list[Condition] = [Compare((offered,), "IN", list(self.channels))]
        if self.region_id is not None:
            seen.append(Compare(("in_region",), "=", self.region_id))
        return Every((*seen, condition) if condition else tuple(seen))


@lru_cache(maxsize=512)
def _named(text: str) -> tuple[Any, str | None, Any]:
    """The channels, the region and the locale that a query names."""
    values = parse_query(text)
    channels, region_id = values.get("sales_channel_id"), values.get("region_id")
    region_id = region_id if isinstance(region_id, str) else None
    return channels, region_id, values.get(LANGUAGE)


async def _shopper(request: Request, shop: Shop) -> Shopper:
    channels, region_id, language = _named(query_text(request))
    return Shopper(
        _channels(channels, shop.sales_channel_ids),
        region_id,
        await find_customer(request),
        _locale(request, language),
        key_lookup(request),
    )


Looking = Annotated[Shopper, Depends(_shopper)]


def _locale(request: Request, query: Any) -> str | None:
    """The locale of texts: from the query, else from the header."""
    named = query or request.headers.get(LANGUAGE_HEADER)
    return locale_code(named) if isinstance(named, str) and named else None


def _channels(query: Any, own: tuple[str, ...]) -> tuple[str, ...]:
    if query is None:
        return own
    named = tuple(query) if is_list(query) else (query,)
    if not set(map(str, named)) <= set(own):
        raise InvalidData("Requested sales channel is not part of the publishable key")
    return named


async def answer_offers(
    tx: Transaction,
    resource: Resource,
    request: Request,
    shopper: Shopper,
    *,
    offered: str,
    price: str,
) -> Response:
    """A page of what the shopper may see.

    With a region the path of the `price` is shown, whatever the request selects.
    """
    text = query_text(request)
    asked = _remembered if len(text) <= LONGEST_QUERY else _asked
    lookup = shopper.lookup
    sql = lookup.sql if lookup else None
    page, statement = asked(text, resource, shopper, offered, price, bounds_of(request), sql)
    found = await run_page(tx, page.plan, statement, lookup)
    check_bound(found, page.plan)
    if not found.count:
        await _check_region(tx, shopper)
    elif lookup is not None:
        remember(request, resource, page, statement, lookup)
    return wrap_page(resource, found, page)


def _asked(
    text: str,
    resource: Resource,
    shopper: Shopper,
    offered: str,
    price: str,
    bounds: Bounds,
    lookup: str | None,
) -> tuple[PageQuery, Statement]:
    """The page that a query asks for, and the statement that reads it and makes the look-up."""
    page = list_of(text, resource, None, shopper.priced(price))
    plan = bounded(offers(page.plan, shopper, offered=offered), bounds)
    statement = select_page(GRAPH, plan, page.limit, page.offset)
    return replace(page, plan=plan), with_lookup(statement, lookup) if lookup else statement


# Storefronts ask for the same few pages all the time. What a text means to a shopper never changes:
# the answer is in the database, the statement is not. Refusals are not kept.
_remembered = lru_cache(maxsize=_REMEMBERED)(_asked)


def offers(plan: Plan, shopper: Shopper, *, offered: str) -> Plan:
    """The plan restricted to what the shopper may see."""
    _check_pricing(plan, shopper)
    return replace(
        plan,
        condition=shopper.sees(plan.condition, offered=offered),
        context=shopper.context(plan.context),
    )


def bounds_of(request: Request) -> Bounds:
    """The bounds that the shop sets."""
    settings: Settings = request.app.state.settings
    return Bounds(settings.facet_sample, settings.max_priced_products)


def bounded(plan: Plan, bounds: Bounds) -> Plan:
    """The plan, with a bound where every row found has to be looked into."""
    if plan.facets:
        plan = replace(plan, sample=bounds.sampled)
    if not _compares_all_prices(plan):
        return plan
    parts = [part for part in conjuncts(plan.condition or Every(())) if not _compares_prices(part)]
    return replace(plan, within=Within(Every(tuple(parts)), bounds.priced))


def check_bound(found: Page, plan: Plan) -> None:
    """InvalidData if more rows than the plan's bound would have to be priced."""
    if plan.within and not found.is_few:
        raise InvalidData(
            f"Invalid request: More than {plan.within.most} rows would have to be priced; add a"
            " filter that leaves fewer, such as a category"
        )


async def find_offer(
    tx: Transaction, resource: Resource, row_id: str, plan: Plan, shopper: Shopper, *, offered: str
) -> bytes:
    """The row as JSON, if the shopper may see it; NotFound otherwise."""
    plan = offers(plan, shopper, offered=offered)
    row = await read_one(tx, GRAPH, plan, row_id, shopper.lookup)
    if row is None:
        await _check_region(tx, shopper)
        raise resource.not_found(row_id)
    return row


async def answer_visible(
    tx: Transaction,
    resource: Resource,
    request: Request,
    shopper: Shopper,
    condition: Condition | None = None,
) -> Response:
    """A page of things other than products, which may show products."""
    page = list_query(request, resource, condition)
    plan = replace(page.plan, context=shopper.context(page.plan.context))
    found = await read_extended_page(
        tx, GRAPH, plan, limit=page.limit, offset=page.offset, lookup=shopper.lookup
    )
    return wrap_page(resource, found, replace(page, plan=plan))


async def read_visible(
    tx: Transaction,
    resource: Resource,
    row_id: str,
    request: Request,
    shopper: Shopper,
    condition: Condition | None = None,
) -> bytes | None:
    """The row as JSON, or None."""
    plan = plan_of(read_query(request, resource), resource)
    seen = replace(plan, condition=condition, context=shopper.context(plan.context))
    return await read_one(tx, GRAPH, seen, row_id, shopper.lookup)


def plan_of(query: ReadQuery, resource: Resource, also: tuple[str, ...] = ()) -> Plan:
    """What a request for one row shows of it."""
    root = resource.selection(query.fields, query.shape, also)
    return Plan(root, context=dict(query.context))


def _check_pricing(plan: Plan, shopper: Shopper) -> None:
    if shopper.region_id is None and _asks_prices(plan):
        raise InvalidData("Missing required pricing context to calculate prices - region_id")


def _asks_prices(plan: Plan) -> bool:
    counts = any(facet.value == AMOUNT for facet in plan.facets)
    return counts or _PRICE in context_names(plan.root) or _compares_all_prices(plan)


def _compares_all_prices(plan: Plan) -> bool:
    """Whether every row found has to be priced, not only those that are shown or in a sample."""
    return any(order.path[-1] == AMOUNT for order in plan.orders) or (
        plan.condition is not None and _compares_prices(plan.condition)
    )


def _compares_prices(condition: Condition) -> bool:
    match condition:
        case Compare(path):
            return path[-1] == AMOUNT
        case Related(_, part) | Negation(part):
            return _compares_prices(part)
        case Every(parts) | Either(parts):
            return any(map(_compares_prices, parts))
        case _:
            return False


async def _check_region(tx: Transaction, shopper: Shopper) -> None:
    """Nothing was found: check whether the region exists at all."""
    region_id = shopper.region_id
    if region_id is None:
        return
    found = "SELECT 1 FROM region WHERE id = $1 AND deleted_at IS NULL"
    if not await tx.fetchval(found, region_id):
        raise InvalidData(
            f"Region with id {region_id} not found when populating the pricing context"
        )
