"""The columns of product exports, of the reference and our own."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from merx.core.errors import InvalidData
from merx.core.shapes import Json
from merx.workflows.imports.cells import (
    Kind,
    Unfit,
    as_amount,
    as_flag,
    as_json,
    as_measure,
    as_object,
    as_status,
    as_text,
    as_whole,
    misfit,
    read_cell,
    unescaped,
)
from merx.workflows.imports.drafts import (
    Fault,
    Faults,
    OptionDraft,
    PriceDraft,
    ProductDraft,
    ReadingOptions,
    Row,
    StockDraft,
    VariantDraft,
)
from merx.workflows.imports.staging import Key

_SHARED: dict[str, Kind] = {
    "hs_code": as_text,
    "mid_code": as_text,
    "origin_country": as_text,
    "material": as_text,
    "weight": as_measure,
    "length": as_measure,
    "height": as_measure,
    "width": as_measure,
    "metadata": as_object,
    "thumbnail": as_text,
    "title": as_text,
}
PRODUCT_FIELDS: dict[str, Kind] = {
    **_SHARED,
    "handle": as_text,
    "subtitle": as_text,
    "description": as_text,
    "status": as_status,
    "external_id": as_text,
    "is_giftcard": as_flag,
    "discountable": as_flag,
}
VARIANT_FIELDS: dict[str, Kind] = {
    **_SHARED,
    "sku": as_text,
    "ean": as_text,
    "upc": as_text,
    "barcode": as_text,
    "allow_backorder": as_flag,
    "manage_inventory": as_flag,
    "variant_rank": as_whole,
}
# Accepted columns without information of their own.
_PASSED = {
    *(f"{kind} {name} at" for kind in ("product", "variant") for name in
      ("created", "updated", "deleted")),
    "variant product id",
}  # fmt: skip

_LISTS = re.compile(
    r"product (image|tag|category|sales channel)s?(?: \d+)?(?: (?:url|id|value|name|handle))?"
)
_PRICE = re.compile(r"variant price (?:(.+) \[([a-z]{3})\]|([a-z]{3}))", re.IGNORECASE)
_OPTION = re.compile(r"variant option (\d+) (id|name|value)")
_STOCK = re.compile(r"variant stock \[(.+)\]", re.IGNORECASE)
_IMAGE = re.compile(r"variant image \d+")
_REFERENCES = {
    "product collection id": "collection",
    "product type id": "type",
    "shipping profile id": "shipping_profile",
    "product shipping profile id": "shipping_profile",
    "product shipping profile.id": "shipping_profile",
}


@dataclass(slots=True)
class _Columns:
    """Which cell holds what."""

    product: list[tuple[int, str, Kind]]
    variant: list[tuple[int, str, Kind]]
    references: list[tuple[int, str]]
    lists: dict[str, list[int]]
    prices: list[tuple[int, str, str]]
    options: dict[int, dict[str, int]]
    stock: list[tuple[int, str]]
    images: list[int]
    # Metadata keys with a column of their own: cell, of product or variant, key.
    metadata: list[tuple[int, str, str]]
    single: dict[str, int]


class MerxLayout:
    """Rows of variants, with the columns of their product before their own."""

    def __init__(self, head: Sequence[str], options: ReadingOptions) -> None:
        self._head = head
        self._options = options
        self._columns = _Columns([], [], [], {}, [], {}, [], [], [], {})
        self._names: dict[str, str] = {}
        unknown = [name for place, name in enumerate(head) if not self._take(place, name)]
        _refuse_repeats(head)
        if unknown and not options.keep_unknown:
            named = ",".join(f'"{name}"' for name in unknown)
            raise InvalidData(f"Invalid column name(s) {named}")
        strange = set(unknown)
        for place, name in enumerate(head):
            if name in strange:
                self._columns.metadata.append((place, "product", name))
        self.unknown = unknown

    def _take(self, place: int, name: str) -> bool:
        """Record what a column holds; returns whether it is known."""
        low = " ".join(name.lower().split(" "))
        if low in _PASSED:
            return True
        if low in ("product id", "variant id", "variant prices", "product options"):
            self._columns.single[low] = place
            self._names[low.replace(" ", ".")] = name
            return True
        return self._take_field(place, name, low) or self._take_pattern(place, name, low)

    def _take_field(self, place: int, name: str, low: str) -> bool:
        of, _, rest = low.partition(" ")
        field = rest.replace(" ", "_")
        kinds = {"product": PRODUCT_FIELDS, "variant": VARIANT_FIELDS}.get(of, {})
        if low in _REFERENCES:
            self._columns.references.append((place, _REFERENCES[low]))
            self._names[f"product.{_REFERENCES[low]}"] = name
            return True
        if field in kinds:
            listed = self._columns.product if of == "product" else self._columns.variant
            listed.append((place, field, kinds[field]))
            self._names[f"{of}.{field}"] = name
            return True
        if rest.startswith("metadata."):
            self._columns.metadata.append((place, of, name[len(of) + len(" metadata.") :]))
            return True
        return False

    def _take_pattern(self, place: int, name: str, low: str) -> bool:
        if found := _LISTS.fullmatch(low):
            plural = {"category": "categories"}.get(found[1], f"{found[1].replace(' ', '_')}s")
            self._columns.lists.setdefault(plural, []).append(place)
            self._names.setdefault(f"product.{plural}", name)
        elif found := _PRICE.fullmatch(name):
            region = found[1] or ""
            self._columns.prices.append((place, region, (found[2] or found[3]).lower()))
            self._names.setdefault("variant.prices", name)
        elif found := _OPTION.fullmatch(low):
            self._columns.options.setdefault(int(found[1]), {})[found[2]] = place
            self._names.setdefault("variant.options", name)
            self._names.setdefault("product.options", name)
        elif found := _STOCK.fullmatch(name):
            self._columns.stock.append((place, found[1]))
        elif _IMAGE.fullmatch(low):
            self._columns.images.append(place)
        else:
            return False
        return True

    def _cell(self, row: Row, column: str) -> str:
        place = self._columns.single.get(column)
        return "" if place is None else row.cells[place].strip()

    def key(self, row: Row, faults: Faults) -> Key | None:
        """By the product's id, or by its handle."""
        given = "" if self._options.as_new else self._cell(row, "product id")
        if given:
            return Key((f"id:{given}",))
        for place, field, _ in self._columns.product:
            if field == "handle" and (handle := unescaped(row.cells[place]).strip()):
                return Key((f"handle:{handle}",))
        words = (
            f"Row {row.number}: Missing product id and handle. One of these columns are required"
            " to process the row"
        )
        faults.add(Fault(row.line, "", words))
        return None

    def draft(self, rows: Sequence[Row], faults: Faults) -> ProductDraft | None:
        """The product of these rows. If they disagree about it, the last wins."""
        draft = ProductDraft(rows[0].line, {}, self._names)
        lists: dict[str, list[str]] = {name: [] for name in self._columns.lists}
        for row in rows:
            self._read_product(draft, row, lists, faults)
            if (variant := self._variant(draft, row, faults)) is not None:
                draft.variants.append(variant)
        draft.tags = lists.get("tags")
        draft.images = lists.get("images")
        draft.categories = lists.get("categories")
        draft.sales_channels = lists.get("sales_channels")
        if not draft.id and not draft.values.get("title"):
            words = f"Row {rows[0].number}: Missing product title"
            faults.add(Fault(draft.line, self._names.get("product.title", ""), words))
        return draft

    def _read_product(
        self, draft: ProductDraft, row: Row, lists: dict[str, list[str]], faults: Faults
    ) -> None:
        if not self._options.as_new:
            draft.id = self._cell(row, "product id") or draft.id
        self._read_fields("product", self._columns.product, row, draft.values, faults)
        for place, name in self._columns.references:
            if cell := unescaped(row.cells[place]):
                setattr(draft, name, cell)
        for name, places in self._columns.lists.items():
            cells = [unescaped(row.cells[place]) for place in places]
            known = lists[name]
            known.extend(cell for cell in cells if cell and cell not in known)
        if cell := self._cell(row, "product options"):
            self._read_options(draft, row, cell, faults)

    def _read_fields(
        self,
        of: str,
        fields: Sequence[tuple[int, str, Kind]],
        row: Row,
        values: Json,
        faults: Faults,
    ) -> None:
        for place, name, kind in fields:
            if cell := row.cells[place]:
                values[name] = read_cell(row, self._head[place], cell, kind, faults)
        for place, whose, key in self._columns.metadata:
            if whose == of and (cell := row.cells[place]):
                kept = values.setdefault("metadata", {})
                if kept is not None:
                    kept.setdefault(key, unescaped(cell))

    def _read_options(self, draft: ProductDraft, row: Row, cell: str, faults: Faults) -> None:
        """`[{"title": "Size", "values": ["S", "M"]}]` with `is_exclusive`, and the id if shared."""
        try:
            draft.options = [_option(one) for one in cast(list[Any], as_json(cell))]
        except (Unfit, TypeError, KeyError, AttributeError):
            faults.add(misfit(row, self._names["product.options"], cell, "a list of options"))

    def _variant(self, draft: ProductDraft, row: Row, faults: Faults) -> VariantDraft | None:
        """The variant of a row; None if no cell belongs to one."""
        variant = VariantDraft(row.line, {})
        if not self._options.as_new:
            variant.id = self._cell(row, "variant id")
        self._read_fields("variant", self._columns.variant, row, variant.values, faults)
        self._read_chosen(draft, variant, row)
        if not (variant.id or variant.values or variant.options):
            return None
        self._read_prices(variant, row, faults)
        for place, location in self._columns.stock:
            if cell := row.cells[place]:
                quantity = read_cell(row, self._head[place], cell, as_amount, faults)
                if isinstance(quantity, Decimal):
                    variant.stock.append(StockDraft(self._head[place], quantity, location))
        if self._columns.images:
            cells = [unescaped(row.cells[place]) for place in self._columns.images]
            variant.images = [cell for cell in cells if cell]
        if not variant.id and not variant.values.get("title"):
            words = f"Row {row.number}: Missing variant title"
            faults.add(Fault(row.line, self._names.get("variant.title", ""), words))
        return variant

    def _read_chosen(self, draft: ProductDraft, variant: VariantDraft, row: Row) -> None:
        """The options of a variant, which are also those of its product."""
        for places in self._columns.options.values():
            title, value, given = (
                unescaped(row.cells[places[part]]) if part in places else ""
                for part in ("name", "value", "id")
            )
            if not title or not value:
                continue
            variant.options[title] = value
            offer(draft, title, value, "" if self._options.as_new else given)

    def _read_prices(self, variant: VariantDraft, row: Row, faults: Faults) -> None:
        if not self._columns.prices and "variant prices" not in self._columns.single:
            return
        variant.prices = []
        for place, region, currency_code in self._columns.prices:
            if cell := row.cells[place]:
                column = self._head[place]
                amount = read_cell(row, column, cell, as_amount, faults)
                if isinstance(amount, Decimal):
                    variant.prices.append(PriceDraft(column, amount, currency_code, region))
        if cell := self._cell(row, "variant prices"):
            column = self._head[self._columns.single["variant prices"]]
            try:
                variant.prices.extend(_price(column, one) for one in cast(list[Any], as_json(cell)))
            except (Unfit, TypeError, KeyError, AttributeError, ArithmeticError):
                faults.add(misfit(row, column, cell, "a list of prices"))


def offer(draft: ProductDraft, title: str, value: str, option_id: str = "") -> None:
    """Make the product offer the value of the option."""
    for option in draft.options:
        if option.title == title:
            option.id = option.id or option_id
            if value not in option.values:
                option.values.append(value)
            return
    draft.options.append(OptionDraft(title, [value], option_id))


def _option(given: Json) -> OptionDraft:
    values = [str(value) for value in given["values"]]
    title, option_id = str(given["title"]), str(given.get("id") or "")
    return OptionDraft(title, values, option_id, bool(given.get("is_exclusive", True)))


def _price(column: str, given: Json) -> PriceDraft:
    """A price that has no column of its own."""
    bounds = [given.get(name) for name in ("min_quantity", "max_quantity")]
    least, most = (None if bound is None else as_amount(str(bound)) for bound in bounds)
    named: dict[str, Any] = given.get("rules") or {}
    rules = {name: str(value) for name, value in named.items()}
    code = str(given["currency_code"]).lower()
    return PriceDraft(column, as_amount(str(given["amount"])), code, "", least, most, rules)


def _refuse_repeats(head: Sequence[str]) -> None:
    counts = Counter(name.lower() for name in head)
    twice = sorted({name for name in head if counts[name.lower()] > 1})
    if twice:
        named = ",".join(f'"{name}"' for name in twice)
        raise InvalidData(f"Column name(s) that stand twice {named}")
