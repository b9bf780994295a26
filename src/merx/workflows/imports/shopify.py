"""Products in Shopify's format.

The rows of one handle are one product, whose own columns are in the first of them; some rows hold
only an image.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from merx.workflows.imports.cells import Unfit, as_amount, as_flag, as_number
from merx.workflows.imports.drafts import (
    Fault,
    Faults,
    ProductDraft,
    ReadingOptions,
    Row,
    VariantDraft,
)
from merx.workflows.imports.foreign import (
    Cells,
    ForeignLayout,
    add_metadata,
    add_price,
    add_stock,
    begin_variant,
    category,
    listed,
)
from merx.workflows.imports.staging import Key

_KNOWN = {
    "handle", "title", "body (html)", "vendor", "product category", "type", "tags", "published",
    "variant sku", "variant grams", "variant inventory tracker", "variant inventory qty",
    "variant inventory policy", "variant fulfillment service", "variant price",
    "variant compare at price", "variant requires shipping", "variant taxable", "variant barcode",
    "image src", "image position", "image alt text", "gift card", "seo title", "seo description",
    "variant image", "variant weight unit", "cost per item", "status",
}  # fmt: skip
_OPTION = re.compile(r"option[123] (name|value)")
# These have no field here and are kept in metadata, of the product or the variant.
_PRODUCT_METADATA = {
    "vendor": "vendor",
    "seo title": "seo_title",
    "seo description": "seo_description",
}
_VARIANT_METADATA = {
    "variant compare at price": "compare_at_price",
    "cost per item": "cost_per_item",
    "variant taxable": "taxable",
    "variant requires shipping": "requires_shipping",
    "variant weight unit": "weight_unit",
}
_STATUS = {"active": "published", "draft": "draft", "archived": "draft"}
_COLUMNS = {
    "product.handle": "Handle",
    "product.title": "Title",
    "product.type": "Type",
    "product.tags": "Tags",
    "product.categories": "Product Category",
    "product.options": "Option1 Name",
    "product.images": "Image Src",
    "variant.sku": "Variant SKU",
    "variant.barcode": "Variant Barcode",
    "variant.options": "Option1 Value",
    "variant.prices": "Variant Price",
    "variant.weight": "Variant Grams",
}


def is_shopify(head: Sequence[str]) -> bool:
    """Whether a file with these columns is in Shopify's format."""
    return {"handle", "title", "option1 name"} <= {name.lower() for name in head}


class ShopifyLayout(ForeignLayout):
    """Rows of variants and images."""

    def __init__(self, head: Sequence[str], options: ReadingOptions) -> None:
        super().__init__(
            head, options, lambda name: name in _KNOWN or bool(_OPTION.fullmatch(name)), _COLUMNS
        )

    def key(self, row: Row, faults: Faults) -> Key | None:
        """By its handle."""
        handle = self.cells(faults).raw(row, "handle")
        if handle:
            return Key((handle,))
        faults.add(Fault(row.line, "Handle", f"Row {row.number}: Missing handle"))
        return None

    def draft(self, rows: Sequence[Row], faults: Faults) -> ProductDraft | None:
        """The product of these rows."""
        cells = self.cells(faults)
        first = next((row for row in rows if cells.raw(row, "title")), rows[0])
        draft = self.begin(cells, first, "title", faults)
        if draft is None:
            return None
        draft.values["handle"] = cells.raw(first, "handle")
        _read_product(draft, cells, first)
        names = [cells.raw(first, f"option{place} name") for place in (1, 2, 3)]
        for row in rows:
            if _has_variant(cells, row, is_first=row is first):
                draft.variants.append(_variant(draft, names, cells, row))
        draft.images = _images(cells, rows)
        return draft


def _read_product(draft: ProductDraft, cells: Cells, row: Row) -> None:
    values = draft.values
    if body := cells.read(row, "body (html)"):
        values["description"] = body
    values["status"] = cells.read(row, "status", _status) or "published"
    if cells.read(row, "published", as_flag) is False:
        values["status"] = "draft"
    if cells.raw(row, "gift card"):
        values["is_giftcard"] = cells.read(row, "gift card", as_flag)
    draft.type = cells.raw(row, "type")
    draft.tags = listed(cells.raw(row, "tags"))
    if path := cells.raw(row, "product category"):
        draft.categories = [category(path)]
    add_metadata(values, cells, row, _PRODUCT_METADATA)


def _status(cell: str) -> str:
    if cell.lower() not in _STATUS:
        raise Unfit("one of active, draft, archived")
    return _STATUS[cell.lower()]


def _has_variant(cells: Cells, row: Row, *, is_first: bool) -> bool:
    """Rows with only further images have neither an option nor a price."""
    columns = ("option1 value", "variant price", "variant sku")
    return is_first or any(cells.raw(row, column) for column in columns)


def _variant(draft: ProductDraft, names: Sequence[str], cells: Cells, row: Row) -> VariantDraft:
    pairs = [
        (name, cells.raw(row, f"option{place} value")) for place, name in enumerate(names, start=1)
    ]
    variant = begin_variant(draft, row.line, [pair for pair in pairs if all(pair)])
    values = variant.values
    # A leading sign protects codes in spreadsheets.
    for column, name in (("variant sku", "sku"), ("variant barcode", "barcode")):
        if code := cells.raw(row, column).lstrip("'"):
            values[name] = code
    grams = cells.amount(row, "variant grams", as_number)
    if grams:
        values["weight"] = float(grams)
    values["allow_backorder"] = cells.raw(row, "variant inventory policy").lower() == "continue"
    values["manage_inventory"] = bool(cells.raw(row, "variant inventory tracker"))
    add_metadata(values, cells, row, _VARIANT_METADATA)
    price = cells.amount(row, "variant price", as_amount)
    add_price(variant, cells, "variant price", price)
    quantity = cells.amount(row, "variant inventory qty", as_number)
    add_stock(variant, cells, "variant inventory qty", quantity)
    if image := cells.raw(row, "variant image"):
        variant.images = [image]
        values["thumbnail"] = image
    return variant


def _images(cells: Cells, rows: Sequence[Row]) -> list[str]:
    """In the order of their positions; rows without one keep their order."""
    placed: list[tuple[Decimal, int, str]] = []
    for place, row in enumerate(rows, start=1):
        if url := cells.raw(row, "image src"):
            position = cells.amount(row, "image position", as_number)
            placed.append((Decimal(place) if position is None else position, place, url))
    return list(dict.fromkeys(url for _, _, url in sorted(placed)))
