"""What carts need to know of variants, in one statement: texts, price by quantity, and stock.

Prices are the catalogue's own calculated price, for each line with its own quantity.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from typing_extensions import TypedDict

from merx.batch import Patch, Row
from merx.core.database import Transaction
from merx.modules.pricing.calculated import CHOSEN_PRICE


class StockNeed(NamedTuple):
    """An inventory item of a variant, and the quantity of it available in the channel.

    `available` is None if no location of the channel stocks the item.
    """

    inventory_item_id: str
    required: Decimal
    available: Decimal | None
    requires_shipping: bool


class _Need(TypedDict):
    """An item of a variant's kit, as the statement returns it."""

    id: str
    required: str
    available: str | None
    requires_shipping: bool


class _Price(TypedDict, total=False):
    """A variant's price, as the statement returns it."""

    amount: str | None
    original: str | None
    is_tax_inclusive: bool | None
    is_sale: bool | None


class VariantFacts(NamedTuple):
    """A live variant as it can be bought now; `texts` are the columns that a line stores."""

    id: str
    product_id: str
    is_published: bool
    manages_inventory: bool
    allows_backorder: bool
    shipping_profile_id: str | None
    texts: Row
    amount: Decimal | None
    original_amount: Decimal | None
    is_tax_inclusive: bool
    is_on_sale: bool
    stock: tuple[StockNeed, ...]

    @property
    def words(self) -> Patch:
        """The columns of a line that are translated to the cart's locale."""
        return {"title": self.texts["product_title"], **{n: self.texts[n] for n in _TRANSLATED}}

    @property
    def requires_shipping(self) -> bool:
        """Whether it must be shipped: if its product must be, or an item of its kit."""
        return self.shipping_profile_id is not None or any(
            need.requires_shipping for need in self.stock
        )


class PriceContext(NamedTuple):
    """The buyer's context, in the statement's parameter order; see docs/reference/prices.md."""

    currency_code: str
    region_id: str | None
    customer_id: str | None
    sales_channel_id: str | None
    cart_id: str | None
    country_code: str | None = None
    province: str | None = None
    locale: str | None = None


class _Places(dict[str, str]):
    """The statement's own placeholders for the context of the calculated price."""

    def __missing__(self, name: str) -> str:
        return "NULL::text"


_PRICE = CHOSEN_PRICE.format(
    row="v",
    context=_Places(
        currency_code="$3::text",
        region_id="$4::text",
        customer_id="$5::text",
        cart_id="$7::text",
        country_code="$8::text",
        province="$9::text",
        quantity="given.quantity::text",
    ),
)

_WORDS = """CASE WHEN $10::text IS NOT NULL THEN (
    SELECT json_object_agg(t.reference, t.translations) FROM translation t
    WHERE t.reference_id IN (v.id, p.id) AND t.locale_code = $10
      AND t.deleted_at IS NULL) END"""

_STOCK = """array_to_json(ARRAY(SELECT json_build_object('id', k.inventory_item_id,
    'required', k.required_quantity::text, 'requires_shipping', i.requires_shipping,
    'available', (SELECT sum(greatest(l.stocked_quantity - l.reserved_quantity, 0))::text
      FROM inventory_level l WHERE l.inventory_item_id = k.inventory_item_id
      AND l.deleted_at IS NULL AND EXISTS (SELECT FROM sales_channel_stock_location s
        WHERE s.stock_location_id = l.location_id AND s.sales_channel_id = {channel})))
  FROM product_variant_inventory_item k CROSS JOIN LATERAL (
    SELECT * FROM inventory_item t WHERE t.id = k.inventory_item_id OFFSET 0) i
  WHERE k.variant_id = v.id AND i.deleted_at IS NULL ORDER BY k.inventory_item_id))"""


def _find(price: str, words: str, channel: str) -> str:
    """One look-up by key for each variant, product and so on, whatever the planner assumes."""
    return f"""
SELECT given.place, v.id, v.product_id, v.manage_inventory, v.allow_backorder,
  p.status = 'published' AND p.deleted_at IS NULL AS is_published,
  (SELECT s.shipping_profile_id FROM product_shipping_profile s
    WHERE s.product_id = p.id LIMIT 1) AS shipping_profile_id,
  v.title AS variant_title, v.sku AS variant_sku, v.barcode AS variant_barcode,
  coalesce(v.thumbnail, p.thumbnail) AS thumbnail, p.title AS product_title,
  p.subtitle AS product_subtitle, p.description AS product_description,
  p.handle AS product_handle, p.type_id AS product_type_id, p.discountable, p.is_giftcard,
  (SELECT t.value FROM product_type t WHERE t.id = p.type_id) AS product_type,
  (SELECT t.title FROM product_collection t WHERE t.id = p.collection_id) AS product_collection,
  {price} AS price, {_STOCK.replace("{channel}", channel)} AS stock, {words} AS words
FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS given(id, quantity, place)
CROSS JOIN LATERAL (SELECT * FROM product_variant t WHERE t.id = given.id OFFSET 0) v
CROSS JOIN LATERAL (SELECT * FROM product t WHERE t.id = v.product_id OFFSET 0) p
WHERE v.deleted_at IS NULL"""


_FIND = _find(_PRICE, _WORDS, "$6")
# The price takes half of the time.
_FIND_UNPRICED = _find("NULL::json", "NULL::json", "$3")

_TEXTS = (
    "variant_title",
    "variant_sku",
    "variant_barcode",
    "thumbnail",
    "product_title",
    "product_subtitle",
    "product_description",
    "product_handle",
    "product_type_id",
    "product_type",
    "product_collection",
    "is_giftcard",
)

# Column → where its translation is found: the entity it belongs to, and the field. Types and
# collections are not translated, as on the reference.
_TRANSLATED = {
    "variant_title": ("product_variant", "title"),
    "product_title": ("product", "title"),
    "product_subtitle": ("product", "subtitle"),
    "product_description": ("product", "description"),
}


async def find_variants(
    tx: Transaction,
    wanted: Sequence[tuple[str, int]],
    context: PriceContext,
    *,
    is_priced: bool = True,
) -> list[VariantFacts | None]:
    """The facts of each variant, priced for its quantity; None for a deleted one. Without prices,
    texts are not translated either.
    """
    found: list[VariantFacts | None] = [None] * len(wanted)
    if not wanted:
        return found
    given = [variant_id for variant_id, _ in wanted], [quantity for _, quantity in wanted]
    if is_priced:
        records = await tx.fetch(_FIND, *given, *context)
    else:
        records = await tx.fetch(_FIND_UNPRICED, *given, context.sales_channel_id)
    for record in records:
        found[record["place"] - 1] = _facts(record)
    return found


def _facts(record: Any) -> VariantFacts:
    price: _Price = orjson.loads(record["price"]) if record["price"] else {}
    stock: list[_Need] = orjson.loads(record["stock"])
    words: dict[str, dict[str, str]] = orjson.loads(record["words"]) if record["words"] else {}
    texts = {name: record[name] for name in _TEXTS}
    for name, (reference, text) in _TRANSLATED.items():
        if texts[name] is not None:
            texts[name] = words.get(reference, {}).get(text) or texts[name]
    return VariantFacts(
        record["id"],
        record["product_id"],
        record["is_published"],
        record["manage_inventory"],
        record["allow_backorder"],
        record["shipping_profile_id"],
        {**texts, "is_discountable": record["discountable"]},
        _amount(price.get("amount")),
        _amount(price.get("original")),
        bool(price.get("is_tax_inclusive")),
        bool(price.get("is_sale")),
        tuple(_need(row) for row in stock),
    )


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _need(row: _Need) -> StockNeed:
    return StockNeed(
        row["id"], Decimal(row["required"]), _amount(row["available"]), row["requires_shipping"]
    )
