"""Lines and shipping methods that an admin adds: priced, described and taxed like a cart's."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from merx.core.database import Database, Transaction
from merx.core.errors import InvalidData, NotAllowed
from merx.core.shapes import Document
from merx.modules.order.load import Head
from merx.modules.order.new import NewLine, NewMethod, NewTaxLine
from merx.modules.tax.lines import (
    AppliedRate,
    Taxed,
    TaxProviders,
    TaxQuestion,
    tax_lines,
)
from merx.providers.fulfillment import Destination
from merx.providers.tax import Place
from merx.workflows.selling.carts.variants import PriceContext, VariantFacts, find_variants

_SHORT = "Some variant does not have the required inventory"
# The columns of an address that are the fields of Place.
_DECIDING = ("country_code", "province", "city", "postal_code", "address_1")
_PLACE = f"SELECT {', '.join(_DECIDING)} FROM order_address WHERE id = $1"
_TEXTS = (
    "thumbnail",
    "product_title",
    "product_description",
    "product_subtitle",
    "product_type",
    "product_type_id",
    "product_collection",
    "product_handle",
    "variant_sku",
    "variant_barcode",
    "variant_title",
    "is_giftcard",
    "is_discountable",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A quantity of a variant, or of a custom item with only a title and a price."""

    quantity: int
    variant_id: str | None = None
    title: str | None = None
    unit_price: Decimal | None = None
    compare_at_unit_price: Decimal | None = None
    metadata: Mapping[str, Any] | None = None
    sku: str | None = None
    barcode: str | None = None
    allow_backorder: bool = False


@dataclass(frozen=True, slots=True)
class Buying:
    """Who buys where: what prices and taxes depend on."""

    currency_code: str
    region_id: str | None
    customer_id: str | None
    sales_channel_id: str | None
    place: Place | None


async def buying(tx: Transaction, head: Head) -> Buying:
    """Who buys an order, and its destination."""
    row = await tx.fetchrow(_PLACE, head.shipping_address_id)
    return Buying(
        head.currency_code,
        head.region_id,
        head.customer_id,
        head.sales_channel_id,
        place_of(dict(row) if row else {}),
    )


def place_of(address: Document) -> Place | None:
    """The place that decides taxes; None without a country."""
    country_code, *others = map(address.get, _DECIDING)
    return Place(country_code, *others) if country_code else None


def destination(place: Place | None) -> Destination | None:
    """The destination, as shipping providers get it."""
    if place is None:
        return None
    return Destination(place.country_code, place.province_code, place.city, place.postal_code)


async def new_lines(
    tx: Transaction, wanted: Sequence[Wanted], who: Buying, *, published: bool = False
) -> list[NewLine]:
    """The lines, without taxes; InvalidData for variants that do not exist or have no price, and
    for lines with neither a variant nor title and price.

    With `published`, variants of unpublished products count as missing.
    """
    context = PriceContext(
        who.currency_code, who.region_id, who.customer_id, who.sales_channel_id, None
    )
    variants = [one for one in wanted if one.variant_id is not None]
    facts = await find_variants(
        tx, [(one.variant_id or "", one.quantity) for one in variants], context
    )
    found = {id(one): fact for one, fact in zip(variants, facts, strict=True)}
    if published:
        _refuse_unpublished(variants, found)
    _refuse(variants, found)
    if published:
        _refuse_short(variants, found, who)
    return [_line(one, found.get(id(one))) for one in wanted]


async def with_taxes(
    database: Database,
    providers: TaxProviders,
    lines: Sequence[NewLine],
    methods: Sequence[NewMethod],
    who: Buying,
) -> tuple[list[NewLine], list[NewMethod]]:
    """The lines with their taxes; the provider is asked while no connection is held."""
    of_lines = {f"line {place}": line for place, line in enumerate(lines)}
    of_methods = {f"method {place}": method for place, method in enumerate(methods)}
    taxed = [
        *(
            Taxed(key, line.quantity, line.unit_price, line.product_id, line.product_type_id)
            for key, line in of_lines.items()
        ),
        *(
            Taxed(key, Decimal(1), method.amount, shipping_option_id=method.shipping_option_id)
            for key, method in of_methods.items()
        ),
    ]
    question = TaxQuestion(taxed, who.place, who.currency_code, who.region_id)
    answer = await tax_lines(database, providers, question)
    return (
        [replace(line, tax_lines=_taxes(answer.get(key, ()))) for key, line in of_lines.items()],
        [
            replace(method, tax_lines=_taxes(answer.get(key, ())))
            for key, method in of_methods.items()
        ],
    )


def _taxes(rates: Sequence[AppliedRate]) -> list[NewTaxLine]:
    return [
        NewTaxLine(one.code, one.rate, one.description, one.tax_rate_id, one.provider_id)
        for one in rates
    ]


def _refuse_unpublished(wanted: Sequence[Wanted], found: Mapping[int, VariantFacts | None]) -> None:
    facts = [(one.variant_id or "", found[id(one)]) for one in wanted]
    missing = [key for key, fact in facts if fact is None or not fact.is_published]
    if missing:
        raise InvalidData(
            f"Variants {', '.join(missing)} do not exist or belong to a product that is not"
            " published"
        )


def _refuse(wanted: Sequence[Wanted], found: Mapping[int, VariantFacts | None]) -> None:
    unknown = [one.variant_id or "" for one in wanted if found[id(one)] is None]
    if unknown:
        raise InvalidData(f"Variants with IDs {', '.join(unknown)} do not exist")
    unpriced = [one.variant_id or "" for one in wanted if _price(one, found[id(one)]) is None]
    if unpriced:
        raise InvalidData(f"Variants with IDs {', '.join(unpriced)} do not have a price")


def _refuse_short(
    wanted: Sequence[Wanted], found: Mapping[int, VariantFacts | None], who: Buying
) -> None:
    """Refuse lines that together exceed the stock.

    Confirming checks again, and is the only check without a channel, whose locations could be
    counted.
    """
    if who.sales_channel_id is None:
        return
    needed: dict[str, Decimal] = defaultdict(Decimal)
    for one in wanted:
        facts = found[id(one)]
        if facts is None or not facts.manages_inventory:
            continue
        for need in facts.stock:
            needed[need.inventory_item_id] += need.required * one.quantity
            if one.allow_backorder or facts.allows_backorder:
                continue
            if need.available is None:
                raise InvalidData(
                    f"Sales channel {who.sales_channel_id} is not associated with any stock"
                    f" location for variant {facts.id}."
                )
            if needed[need.inventory_item_id] > need.available:
                raise NotAllowed(_SHORT, code="insufficient_inventory")


def _price(wanted: Wanted, facts: VariantFacts | None) -> Decimal | None:
    if wanted.unit_price is not None:
        return wanted.unit_price
    return facts.amount if facts else None


def _line(wanted: Wanted, facts: VariantFacts | None) -> NewLine:
    price = _price(wanted, facts)
    metadata = dict(wanted.metadata) if wanted.metadata is not None else {}
    common: dict[str, Any] = {
        "quantity": Decimal(wanted.quantity),
        "is_custom_price": wanted.unit_price is not None,
        "metadata": metadata,
        "compare_at_unit_price": wanted.compare_at_unit_price,
    }
    if facts is None:
        if not wanted.title or price is None:
            raise InvalidData("Line item title and unit price are required without a variant")
        return NewLine(
            wanted.title,
            unit_price=price,
            requires_shipping=False,
            variant_sku=wanted.sku,
            variant_barcode=wanted.barcode,
            **common,
        )
    assert price is not None
    if facts.is_on_sale and wanted.unit_price is None:
        common["compare_at_unit_price"] = facts.original_amount
    return NewLine(
        wanted.title or facts.texts["product_title"],
        unit_price=price,
        subtitle=facts.texts["variant_title"],
        variant_id=facts.id,
        product_id=facts.product_id,
        # As on the reference, the product's shipping profile counts only in carts.
        requires_shipping=any(need.requires_shipping for need in facts.stock),
        is_tax_inclusive=wanted.unit_price is None and facts.is_tax_inclusive,
        **{name: facts.texts[name] for name in _TEXTS},
        **common,
    )
