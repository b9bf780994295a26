"""Products in WooCommerce's format.

A row for each product and each variation; a variation names its parent as `id:12` or by its SKU and
may be anywhere.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from merx.modules.product.handles import handle_from_title
from merx.workflows.imports.cells import Kind, Unfit, as_amount, as_measure, as_number
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
from merx.workflows.imports.merx_layout import offer
from merx.workflows.imports.staging import Key

_KNOWN = {
    "id", "type", "sku", "gtin, upc, ean, or isbn", "name", "published", "is featured?",
    "visibility in catalog", "short description", "description", "tax status", "tax class",
    "in stock?", "stock", "low stock amount", "backorders allowed?", "sold individually?",
    "weight (kg)", "length (cm)", "width (cm)", "height (cm)", "allow customer reviews?",
    "purchase note", "sale price", "regular price", "date sale price starts",
    "date sale price ends", "categories", "tags", "shipping class", "images", "download limit",
    "download expiry days", "parent", "grouped products", "upsells", "cross-sells",
    "external url", "button text", "position", "brands",
}  # fmt: skip
_ATTRIBUTE = re.compile(r"attribute \d+ (name|value\(s\)|visible|global|default)")
_TYPES = ("simple", "variable", "variation")
# These have no field here and are kept in metadata.
_PRODUCT_METADATA = {"short description": "short_description", "shipping class": "shipping_class",
                     "tax status": "tax_status", "tax class": "tax_class"}  # fmt: skip
_VARIANT_METADATA = {
    "sale price": "sale_price",
    "date sale price starts": "sale_starts",
    "date sale price ends": "sale_ends",
}
_MEASURES = {"length (cm)": "length", "width (cm)": "width", "height (cm)": "height"}
_COLUMNS = {
    "product.handle": "Name",
    "product.title": "Name",
    "product.tags": "Tags",
    "product.categories": "Categories",
    "product.options": "Attribute 1 name",
    "product.images": "Images",
    "variant.sku": "SKU",
    "variant.options": "Attribute 1 value(s)",
    "variant.prices": "Regular price",
}


def is_woocommerce(head: Sequence[str]) -> bool:
    """Whether a file with these columns is in WooCommerce's format."""
    return {"type", "sku", "name", "regular price"} <= {name.lower() for name in head}


def _yes(cell: str) -> bool:
    low = cell.lower()
    if low not in ("0", "1", "-1", "yes", "no", "true", "false", "notify", "taxable", "backorder"):
        raise Unfit("0 or 1")
    return low in ("1", "yes", "true", "notify")


class WooLayout(ForeignLayout):
    """Rows of products and of their variations."""

    def __init__(self, head: Sequence[str], options: ReadingOptions) -> None:
        super().__init__(
            head, options, lambda name: name in _KNOWN or bool(_ATTRIBUTE.fullmatch(name)), _COLUMNS
        )
        self._attributes = sorted(
            {name.rpartition(" ")[0] for name in self._columns if _ATTRIBUTE.fullmatch(name)},
            key=lambda name: int(name.split()[1]),
        )

    def key(self, row: Row, faults: Faults) -> Key | None:
        """A product by its id and SKU, a variation by its parent."""
        cells = self.cells(faults)
        kind = self._kind(cells, row)
        if kind == "variation":
            parent = cells.raw(row, "parent").replace("id: ", "id:")
            if parent:
                return Key(parent=parent)
            words = f"Row {row.number}: A variation must name its parent"
            faults.add(Fault(row.line, "Parent", words))
            return None
        if kind not in _TYPES:
            words = f'Row {row.number}: Products of type "{kind}" cannot be sold here'
            faults.add(Fault(row.line, "Type", words))
            return None
        given, sku = cells.raw(row, "id"), cells.raw(row, "sku")
        names = [*([f"id:{given}"] if given else []), *([sku] if sku else [])]
        return Key(names or (f"row:{row.number}",))

    def _kind(self, cells: Cells, row: Row) -> str:
        """`simple, virtual` is simple."""
        kinds = [part.strip().lower() for part in cells.raw(row, "type").split(",")]
        return next((kind for kind in kinds if kind in _TYPES), kinds[0] or "simple")

    def draft(self, rows: Sequence[Row], faults: Faults) -> ProductDraft | None:
        """The product of these rows: the parent may come after its variations."""
        cells = self.cells(faults)
        first = next((row for row in rows if self._kind(cells, row) != "variation"), rows[0])
        draft = self.begin(cells, first, "name", faults)
        if draft is None:
            return None
        draft.values["handle"] = handle_from_title(cells.raw(first, "name"))
        self._read_product(draft, cells, first)
        variations = [row for row in rows if row is not first]
        if not variations and self._kind(cells, first) == "variable":
            for name, value in self._attributes_of(cells, first):
                for one in value.split(","):
                    offer(draft, name, one.strip())
        elif not variations:
            draft.variants.append(self._variant(draft, cells, first, is_only=True))
        for row in sorted(variations, key=lambda row: _position(cells, row)):
            draft.variants.append(self._variant(draft, cells, row, is_only=False))
        return draft

    def _read_product(self, draft: ProductDraft, cells: Cells, row: Row) -> None:
        values = draft.values
        published = cells.read(row, "published", _yes) if cells.has("published") else True
        values["status"] = "published" if published else "draft"
        if text := cells.read(row, "description"):
            values["description"] = text
        draft.tags = listed(cells.raw(row, "tags"))
        draft.categories = [category(path) for path in listed(cells.raw(row, "categories"))]
        draft.images = listed(cells.raw(row, "images"))
        if given := cells.raw(row, "id"):
            values["external_id"] = given
        add_metadata(values, cells, row, _PRODUCT_METADATA)

    def _attributes_of(self, cells: Cells, row: Row) -> list[tuple[str, str]]:
        pairs = [
            (cells.raw(row, f"{name} name"), cells.raw(row, f"{name} value(s)"))
            for name in self._attributes
        ]
        return [(name, value) for name, value in pairs if name and value]

    def _variant(
        self, draft: ProductDraft, cells: Cells, row: Row, *, is_only: bool
    ) -> VariantDraft:
        # Attributes of a simple product describe it; there is nothing to choose.
        pairs = [] if is_only else self._attributes_of(cells, row)
        variant = begin_variant(draft, row.line, pairs)
        if sku := cells.raw(row, "sku"):
            variant.values["sku"] = sku
        _read_measures(variant, cells, row)
        add_metadata(variant.values, cells, row, _VARIANT_METADATA)
        cells.amount(row, "sale price", as_amount)
        regular = cells.amount(row, "regular price", as_amount)
        add_price(variant, cells, "regular price", regular)
        _read_stock(variant, cells, row)
        if not is_only and (images := listed(cells.raw(row, "images"))):
            variant.images = images
            variant.values["thumbnail"] = images[0]
        return variant


def _read_measures(variant: VariantDraft, cells: Cells, row: Row) -> None:
    kilograms = cells.amount(row, "weight (kg)", as_number)
    if kilograms is not None:
        # Weights are in grams here, as in Shopify's files.
        variant.values["weight"] = float(kilograms * 1000)
    kind: Kind = as_measure
    for column, name in _MEASURES.items():
        if cells.raw(row, column):
            variant.values[name] = cells.read(row, column, kind)


def _read_stock(variant: VariantDraft, cells: Cells, row: Row) -> None:
    """The stock of a product without a quantity is not managed."""
    quantity = cells.amount(row, "stock", as_number)
    variant.values["manage_inventory"] = quantity is not None
    variant.values["allow_backorder"] = bool(cells.read(row, "backorders allowed?", _yes))
    add_stock(variant, cells, "stock", quantity)


def _position(cells: Cells, row: Row) -> Decimal:
    return cells.amount(row, "position", as_number) or Decimal(0)
