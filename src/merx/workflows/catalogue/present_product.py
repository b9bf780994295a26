"""The product that is there, with all that a declaration is compared with."""

from typing import NotRequired

import orjson
from typing_extensions import TypedDict

from merx.core.database import Transaction
from merx.core.shapes import Json
from merx.links import GRAPH
from merx.query.plan import Plan
from merx.query.run import read_given
from merx.query.selection import parse_fields, select

_FIELDS = (
    "id,title,subtitle,description,is_giftcard,discountable,thumbnail,handle,status,external_id,"
    "type_id,collection_id,weight,length,height,width,hs_code,mid_code,origin_country,material,"
    "metadata,images.id,images.url,categories.id,tags.id,sales_channels.id,shipping_profile.id,"
    "options.id,options.title,options.values.id,options.values.value,*variants,"
    "variants.options.value,variants.options.option.title,*variants.prices,"
    "variants.prices.price_rules.value,variants.prices.price_rules.attribute"
)


class _Referred(TypedDict):
    id: str


class _Image(TypedDict):
    id: str
    url: str


class _Value(TypedDict):
    id: str
    value: str


class PresentOption(TypedDict):
    """An option with its values."""

    id: str
    title: str
    values: list[_Value]


class _Titled(TypedDict):
    title: str


class _Chosen(TypedDict):
    value: str
    option: _Titled


class _Rule(TypedDict):
    attribute: str
    value: str


class PresentPrice(TypedDict):
    """A price with its rules."""

    currency_code: str
    amount: float
    min_quantity: float | None
    max_quantity: float | None
    price_rules: NotRequired[list[_Rule] | None]


class PresentVariant(TypedDict):
    """A present variant, with its other columns."""

    id: str
    sku: str | None
    metadata: Json | None
    options: list[_Chosen]
    prices: list[PresentPrice]


class PresentProduct(TypedDict):
    """The present product as _FIELDS show it, with its other columns."""

    id: str
    metadata: Json | None
    shipping_profile: _Referred | None
    images: list[_Image]
    categories: list[_Referred]
    tags: list[_Referred]
    sales_channels: list[_Referred]
    options: list[PresentOption]
    variants: list[PresentVariant]


async def read_present(tx: Transaction, product_id: str) -> PresentProduct:
    """The whole product, in one statement."""
    plan = Plan(select(GRAPH, GRAPH["product"], parse_fields(_FIELDS, ())))
    [product] = orjson.loads(await read_given(tx, GRAPH, plan, [product_id]))
    return product
