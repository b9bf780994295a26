"""Shipping options on offer for a cart, a draft or a change of an order, and what they cost.

All callers bring a `ShippingContext`; nothing here knows whose it is. The options and their prices
are one statement. Providers are asked here too, so no caller may hold a lock yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import orjson

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.links import GRAPH
from merx.modules.fulfillment.offers import Offer
from merx.providers.at_once import answer_of
from merx.providers.fulfillment import (
    Data,
    DeliveryPrice,
    DeliveryRefused,
    Destination,
    FulfillmentProvider,
    Goods,
    Parcel,
)
from merx.query.conditions import Compare, Condition, Every
from merx.query.plan import Plan
from merx.query.run import read_every
from merx.query.selection import Node, parse_fields, select

Providers = Mapping[str, FulfillmentProvider]
# Options as they were looked up, by what was asked.
Known = dict[str, list[dict[str, Any]]]

_FIELDS = (
    "id", "name", "price_type", "data", "provider_id", "shipping_profile_id",
    "shipping_option_type_id", "service_zone.fulfillment_set.location.id", "calculated_price",
)  # fmt: skip
_PRICED = select(GRAPH, GRAPH["shipping_option"], parse_fields(None, _FIELDS))


@dataclass(frozen=True, slots=True)
class ShippingContext:
    """Facts of a cart, a draft or an order that decide which options there are at which price.

    `attributes` are what else rules of options and prices may name, each with its texts:
    `item_total` is one. `enabled_in_store` is None for an admin, who may choose any option.
    Without `ruled` no rule of an option is asked: the place and the channel decide alone.
    """

    currency_code: str
    region_id: str | None = None
    sales_channel_id: str | None = None
    to: Destination | None = None
    customer_id: str | None = None
    item_total: Decimal | None = None
    is_return: bool = False
    enabled_in_store: bool | None = None
    goods: Sequence[Goods] = ()
    cart_id: str | None = None
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    ruled: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """An option that is to become a shipping method, with the data that the buyer sent."""

    option_id: str
    data: Data = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class PricedMethod:
    """What becomes a shipping method: an option, its price and the data that it keeps."""

    option_id: str
    name: str
    amount: Decimal
    is_tax_inclusive: bool
    data: Data
    price_type: str
    provider_id: str | None
    shipping_profile_id: str | None
    shipping_option_type_id: str


@dataclass(frozen=True, slots=True)
class PricedMethods:
    """The choices that are on offer and have a price, by option; and those that are or have not."""

    found: Mapping[str, PricedMethod]
    not_offered: Sequence[str] = ()
    without_price: Sequence[str] = ()

    def checked(self) -> Mapping[str, PricedMethod]:
        """The methods; InvalidData if any choice is not on offer or has no price."""
        if self.not_offered:
            raise InvalidData("Shipping Options are invalid for cart.")
        if self.without_price:
            named = ", ".join(self.without_price)
            raise InvalidData(f"Shipping options with IDs {named} do not have a price")
        return self.found


def offered(context: ShippingContext) -> Condition:
    """The condition of the graph's shipping options that are on offer for the context."""
    to = context.to or Destination()
    attributes: dict[str, Sequence[str] | None] = {
        **context.attributes,
        "is_return": [_flag(context.is_return)],
        "enabled_in_store": None
        if context.enabled_in_store is None
        else [_flag(context.enabled_in_store)],
    }
    offer = Offer(
        context.sales_channel_id,
        to.country_code,
        to.province,
        to.city,
        to.postal_code,
        attributes if context.ruled else None,
    )
    return Compare(("offered",), "IN", offer.values())


def price_context(context: ShippingContext) -> dict[str, object]:
    """What `calculated_price` reads of the context."""
    attributes = {name: list(held) for name, held in context.attributes.items()}
    if context.item_total is not None:
        attributes["item_total"] = [format(context.item_total, "f")]
    return {
        "currency_code": context.currency_code,
        "region_id": context.region_id,
        "customer_id": context.customer_id,
        "cart_id": context.cart_id,
        "country_code": context.to.country_code if context.to else None,
        "province": context.to.province if context.to else None,
        "context": orjson.dumps(attributes).decode(),
        "storefront": "true",
    }


async def list_options(
    tx: Transaction, context: ShippingContext, shown: Node, ids: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """The options on offer, or those of the ids among them, as the selection shows them."""
    condition = offered(context)
    if ids is not None:
        condition = Every((condition, Compare(("id",), "IN", list(ids))))
    plan = Plan(shown, condition, context=price_context(context))
    return [orjson.loads(row) for row in await read_every(tx, GRAPH, plan)]


async def price_methods(
    tx: Transaction,
    providers: Providers,
    context: ShippingContext,
    choices: Sequence[Choice],
    *,
    validate: bool = True,
    known: Known | None = None,
) -> PricedMethods:
    """Price each choice for the context; one statement, then each option's provider.

    The provider says what a method keeps of the data, unless that was validated before, and prices
    options whose price is calculated. Raises InvalidData with its words if it refuses. `known` are
    the options that were looked up before in the same change, for callers that ask twice.
    """
    ids = [choice.option_id for choice in choices]
    rows = {row["id"]: row for row in await _priced_options(tx, context, ids, known)}
    found: dict[str, PricedMethod] = {}
    without_price: list[str] = []
    for choice in choices:
        row = rows.get(choice.option_id)
        if row is None:
            continue
        price = await _price(providers, context, row, choice.data)
        if price is None:
            without_price.append(choice.option_id)
            continue
        data = await _kept(providers, context, row, choice.data) if validate else choice.data
        found[choice.option_id] = _method(row, price, data)
    not_offered = [option_id for option_id in ids if option_id not in rows]
    return PricedMethods(found, not_offered, without_price)


async def _priced_options(
    tx: Transaction, context: ShippingContext, ids: Sequence[str], known: Known | None
) -> list[dict[str, Any]]:
    if known is None:
        return await list_options(tx, context, _PRICED, ids)
    # The goods are for providers: no option or price depends on them here.
    key = f"{ids!r} {replace(context, goods=())!r}"
    if key not in known:
        known[key] = await list_options(tx, context, _PRICED, ids)
    return known[key]


def provider_of(providers: Providers, provider_id: str | None) -> FulfillmentProvider:
    """The provider with the id; InvalidData where the app was given none."""
    provider = providers.get(provider_id or "")
    if provider is None:
        raise InvalidData(f"Fulfillment provider with id: {provider_id} is not installed")
    return provider


def flat_price(row: Mapping[str, Any]) -> DeliveryPrice | None:
    """The price that an option's price set has for the context."""
    price = row["calculated_price"]
    if price is None:
        return None
    amount = Decimal(price["raw_calculated_amount"]["value"])
    return DeliveryPrice(amount, price["is_calculated_price_tax_inclusive"])


def parcel(context: ShippingContext, row: Mapping[str, Any]) -> Parcel:
    """What the provider of an option is told."""
    location: Mapping[str, Any] = row["service_zone"]["fulfillment_set"]["location"]
    return Parcel(context.currency_code, context.to, location["id"], context.goods, context.cart_id)


async def _price(
    providers: Providers, context: ShippingContext, row: Mapping[str, Any], data: Data
) -> DeliveryPrice | None:
    if row["price_type"] == "flat":
        return flat_price(row)
    provider = provider_of(providers, row["provider_id"])
    try:
        call = provider.calculate_price(row["data"] or {}, data, parcel(context, row))
        return await answer_of(call, is_local=provider.is_local)
    except DeliveryRefused as error:
        raise InvalidData(str(error)) from error


async def _kept(
    providers: Providers, context: ShippingContext, row: Mapping[str, Any], data: Data
) -> Data:
    provider = provider_of(providers, row["provider_id"])
    try:
        call = provider.validate_data(row["data"] or {}, data, parcel(context, row))
        return await answer_of(call, is_local=provider.is_local)
    except DeliveryRefused as error:
        raise InvalidData(str(error)) from error


def _method(row: Mapping[str, Any], price: DeliveryPrice, data: Data) -> PricedMethod:
    return PricedMethod(
        row["id"],
        row["name"],
        price.amount,
        price.is_tax_inclusive,
        data,
        row["price_type"],
        row["provider_id"],
        row["shipping_profile_id"],
        row["shipping_option_type_id"],
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"
