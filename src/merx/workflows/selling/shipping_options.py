"""The available shipping options of a cart, a draft or an order change, and their prices.

All callers pass a `ShippingContext`; nothing here knows where it comes from. The options and their
prices are one statement. Providers are asked here too, so callers must not hold locks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

import orjson
from typing_extensions import TypedDict

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.core.shapes import Json
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


class OptionPrice(TypedDict):
    """The calculated price of an option in a context."""

    raw_calculated_amount: dict[str, str]
    is_calculated_price_tax_inclusive: bool


class Located(TypedDict):
    """What belongs to a location."""

    location: dict[str, str]


class Zone(TypedDict):
    """The service zone of an option."""

    fulfillment_set: Located


class PricedOption(TypedDict):
    """An available shipping option, with its price in the context if it has one."""

    id: str
    name: str
    price_type: str
    data: Json | None
    provider_id: str | None
    shipping_profile_id: str | None
    shipping_option_type_id: str
    service_zone: Zone
    calculated_price: OptionPrice | None


# Options that were looked up, by the question.
Known = dict[str, list[PricedOption]]

_FIELDS = (
    "id", "name", "price_type", "data", "provider_id", "shipping_profile_id",
    "shipping_option_type_id", "service_zone.fulfillment_set.location.id", "calculated_price",
)  # fmt: skip
_PRICED = select(GRAPH, GRAPH["shipping_option"], parse_fields(None, _FIELDS))


@dataclass(frozen=True, slots=True)
class ShippingContext:
    """The facts of a cart, a draft or an order that decide the available options and their prices.

    `attributes` are what else rules of options and prices may refer to, each with its texts, such
    as `item_total`. `enabled_in_store` is None for an admin, who may choose any option. Unless
    `ruled`, rules of options are not checked: destination and channel alone decide.
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
    """An option that is to become a shipping method, with the data sent by the buyer."""

    option_id: str
    data: Data = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class PricedMethod:
    """A future shipping method: an option, its price and the data it stores."""

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
    """The choices that are available and have a price, by option; and the others."""

    found: Mapping[str, PricedMethod]
    not_offered: Sequence[str] = ()
    without_price: Sequence[str] = ()

    def checked(self) -> Mapping[str, PricedMethod]:
        """The methods; InvalidData if any choice is not available or has no price."""
        if self.not_offered:
            raise InvalidData("Shipping Options are invalid for cart.")
        if self.without_price:
            named = ", ".join(self.without_price)
            raise InvalidData(f"Shipping options with IDs {named} do not have a price")
        return self.found


def offered(context: ShippingContext) -> Condition:
    """The condition for the graph's shipping options that are available in the context."""
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
    """The part of the context that `calculated_price` reads."""
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
        "storefront": True,
    }


async def list_options(
    tx: Transaction, context: ShippingContext, shown: Node, ids: Sequence[str] | None = None
) -> list[Json]:
    """The available options, or those of the ids among them, as the selection shows them."""
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
    """Price each choice in the context: one statement, then each option's provider.

    The provider decides which data a method stores, unless it was validated before, and calculates
    prices of calculated options. Raises InvalidData with its message if it refuses. `known` are
    options looked up earlier in the same change, for callers that ask twice.
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
) -> list[PricedOption]:
    if known is None:
        return await _read_priced(tx, context, ids)
    # The items are for providers: no option or price depends on them here.
    key = f"{ids!r} {replace(context, goods=())!r}"
    if key not in known:
        known[key] = await _read_priced(tx, context, ids)
    return known[key]


async def _read_priced(
    tx: Transaction, context: ShippingContext, ids: Sequence[str]
) -> list[PricedOption]:
    return cast("list[PricedOption]", await list_options(tx, context, _PRICED, ids))


def provider_of(providers: Providers, provider_id: str | None) -> FulfillmentProvider:
    """The provider with the id; InvalidData if the app has none."""
    provider = providers.get(provider_id or "")
    if provider is None:
        raise InvalidData(f"Fulfillment provider with id: {provider_id} is not installed")
    return provider


def flat_price(row: PricedOption) -> DeliveryPrice | None:
    """The price in the option's price set for the context."""
    price = row["calculated_price"]
    if price is None:
        return None
    amount = Decimal(price["raw_calculated_amount"]["value"])
    return DeliveryPrice(amount, price["is_calculated_price_tax_inclusive"])


def parcel(context: ShippingContext, row: PricedOption) -> Parcel:
    """The data for the option's provider."""
    location = row["service_zone"]["fulfillment_set"]["location"]
    return Parcel(context.currency_code, context.to, location["id"], context.goods, context.cart_id)


async def _price(
    providers: Providers, context: ShippingContext, row: PricedOption, data: Data
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
    providers: Providers, context: ShippingContext, row: PricedOption, data: Data
) -> Data:
    provider = provider_of(providers, row["provider_id"])
    try:
        call = provider.validate_data(row["data"] or {}, data, parcel(context, row))
        return await answer_of(call, is_local=provider.is_local)
    except DeliveryRefused as error:
        raise InvalidData(str(error)) from error


def _method(row: PricedOption, price: DeliveryPrice, data: Data) -> PricedMethod:
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
