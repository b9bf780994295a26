"""/store/shipping-options: the shipping options of a cart, and their prices."""

from typing import Any

import orjson
from fastapi import Request, Response
from pydantic import Field

from merx.core.kinds import Metadata, OpenInput
from merx.query.selection import Node
from merx.web.answers import answers
from merx.web.filter_values import Reader
from merx.web.filters import boolean
from merx.web.queries import read_query
from merx.web.querystring import parse_query
from merx.web.reads import wrap
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read
from merx.workflows.selling.cart_shipping_options import (
    calculate_option,
    list_cart_options,
    read_cart_facts,
)
from merx.workflows.selling.shipping_options import Choice

_OWN = (
    "id", "name", "price_type", "service_zone_id", "shipping_profile_id", "provider_id",
    "shipping_option_type_id", "metadata",
)  # fmt: skip
_ADDRESS = (
    "id", "company", "address_1", "address_2", "city", "country_code", "province", "postal_code",
    "phone", "metadata", "created_at", "updated_at", "deleted_at",
)  # fmt: skip
_PRICE = (
    "id", "currency_code", "calculated_amount", "calculated_amount_with_tax",
    "calculated_amount_without_tax", "original_amount", "original_amount_with_tax",
    "original_amount_without_tax", "is_calculated_price_price_list",
    "is_calculated_price_tax_inclusive", "is_original_price_price_list",
    "is_original_price_tax_inclusive", "calculated_price", "original_price",
)  # fmt: skip
_ALLOWED = (
    *_OWN, "data", "type", "type.id", "type.label", "type.description", "type.code", "provider",
    "provider.id", "provider.is_enabled", "prices", "prices.id", "prices.currency_code",
    "prices.amount", "prices.min_quantity", "prices.max_quantity", "prices.price_rules",
    *(f"prices.price_rules.{name}" for name in ("id", "attribute", "operator", "value")),
    "calculated_price", *(f"calculated_price.{name}" for name in _PRICE),
)  # fmt: skip
_LOCATED = (
    "service_zone", "service_zone.id", "service_zone.fulfillment_set_id",
    "service_zone.fulfillment_set", "service_zone.fulfillment_set.id",
    "service_zone.fulfillment_set.type", "service_zone.fulfillment_set.location",
    "service_zone.fulfillment_set.location.id", "service_zone.fulfillment_set.location.address",
    *(f"service_zone.fulfillment_set.location.address.{name}" for name in _ADDRESS),
)  # fmt: skip

# What a list always shows; `fields` can only add to it.
_LISTED = ",".join(
    (
        "id,name,price_type,service_zone_id,shipping_profile_id,provider_id,data",
        "service_zone.id,service_zone.fulfillment_set_id,service_zone.fulfillment_set.id",
        "service_zone.fulfillment_set.type,service_zone.fulfillment_set.location.id",
        *(f"service_zone.fulfillment_set.location.address.{name}" for name in _ADDRESS),
        "type.id,type.label,type.description,type.code,provider.id,provider.is_enabled",
        "rules.attribute,rules.value,rules.operator",
        "calculated_price,*prices,*prices.price_rules",
    )
)

SHIPPING_OPTION = Resource(
    "shipping_option",
    "shipping_option",
    "shipping_options",
    ",".join(_OWN),
    missing="Shipping Option with id: {id} not found",
    allowed=_ALLOWED,
)
CART_OPTION = Resource(
    "shipping_option",
    "shipping_option",
    "shipping_options",
    _LISTED,
    {"is_return": boolean("is_return")},
    searchable=False,
    allowed=(*_ALLOWED, *_LOCATED),
)

# Accepted as on the reference; a list of options is complete and ordered by id.
_IGNORED = ("offset", "limit", "order", "with_deleted", "$and", "$or")
_PARAMETERS: dict[str, Any] = {
    "parameters": [
        {"name": "cart_id", "in": "query", "required": True, "schema": {"type": "string"}},
        {"name": "is_return", "in": "query", "schema": {"type": "boolean"}},
        {"name": "fields", "in": "query", "schema": {"type": "string"}},
    ]
}

router = Router(prefix="/shipping-options", tags=["store shipping options"])


class Calculation(OpenInput):
    """A cart, and the buyer's data for the option."""

    cart_id: str
    data: Metadata = Field(default_factory=dict[str, Any])


@router.get("", openapi_extra=answers(shipping_options=[SHIPPING_OPTION]) | _PARAMETERS)
async def list_shipping_options(request: Request, tx: Read) -> Response:
    """List the shipping options of a cart, with their prices."""
    cart_id, is_return, shown = _asked(request)
    facts = await read_cart_facts(tx, cart_id, is_return=is_return)
    rows = await list_cart_options(tx, facts, shown)
    return wrap(shipping_options=orjson.dumps(rows))


@router.post("/{id}/calculate", openapi_extra=SHIPPING_OPTION.parameters)
async def calculate_shipping_option(
    id: str, request: Request, body: Calculation, tx: Read
) -> Response:
    """Get an option of a cart with its price, which its provider may calculate."""
    shown = SHIPPING_OPTION.selection(read_query(request, SHIPPING_OPTION).fields)
    facts = await read_cart_facts(tx, body.cart_id)
    choice = Choice(id, body.data)
    providers = request.app.state.fulfillment_providers
    row = await calculate_option(tx, providers, facts, choice, shown)
    return wrap(shipping_option=orjson.dumps(row))


def _asked(request: Request) -> tuple[str, bool, Node]:
    """The cart, whether the options are for a return, and what is shown."""
    values = parse_query(request.url.query)
    reader = Reader()
    for name in ("cart_id", "fields"):
        if name in values and not isinstance(values[name], str):
            reader.refuse(f"Expected type: 'string' for field '{name}'", (name,))
    if "cart_id" not in values:
        reader.refuse("Field 'cart_id' is required", ("cart_id",))
    flags = {name: values[name] for name in ("is_return",) if name in values}
    reader.read(CART_OPTION.filters, flags, ())
    unknown = set(values) - {"cart_id", "fields", "is_return", *_IGNORED}
    if unknown:
        named = ", ".join(name for name in values if name in unknown)
        reader.refuse(f"Unrecognized fields: '{named}'", (named,))
    reader.check()
    is_return = str(values.get("is_return", "")).lower() == "true"
    return values["cart_id"], is_return, CART_OPTION.selection(_added(values.get("fields")))


def _added(text: str | None) -> str | None:
    """A `fields` text that can only add."""
    names = [name.strip().lstrip("+") for name in (text or "").split(",")]
    kept = [name if "*" in name else f"+{name}" for name in names if name and name[0] != "-"]
    return ",".join(kept) or None
