"""The columns of a product export, and the cells that a product fills. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from merx.core.shapes import Document, Json
from merx.query.graph import Kind
from merx.query.selection import Node
from merx.workflows.imports.cells import escaped

# Lists of a product that get one column per entry: the column's name and the value.
_LISTS = (("images", "Image", "url"), ("tags", "Tag", "value"), ("categories", "Category", "id"),
          ("sales_channels", "Sales Channel", "id"))  # fmt: skip
_PARTS = ("Id", "Name", "Value")


class Exact(str):
    """A JSON number as it was written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Places:
    """The shop's regions (name and currency by id) and stock locations (id and name)."""

    regions: Mapping[str, tuple[str, str]]
    locations: Sequence[tuple[str, str]]

    def labels(self) -> dict[str, str]:
        """The column names of locations: the id if several share a name."""
        namesakes = Counter(name for _, name in self.locations)
        return {key: name if namesakes[name] == 1 else key for key, name in self.locations}

    def region_columns(self) -> dict[str, str]:
        """The column names of regions with a unique name.

        Prices of other regions are not exported.
        """
        namesakes = Counter(self.regions.values())
        return {
            key: f"{name} [{code.upper()}]"
            for key, (name, code) in self.regions.items()
            if namesakes[name, code] == 1
        }


class Columns:
    """The columns needed by the products to export: collected first, then written."""

    def __init__(self, root: Node, places: Places, *, is_complete: bool) -> None:
        self._is_complete = is_complete
        plain = [name for name in root.fields if root.entity.fields[name].kind is not Kind.JSON]
        self._product = list(dict.fromkeys(("id", "handle", *plain)))
        self._counts = {name: 0 for name, _, _ in _LISTS if name in root.children}
        variants = root.children.get("variants")
        self._variant = _in_order(variants.fields) if variants else []
        self._has_variants = variants is not None
        self._prices: dict[str, None] = {}
        self._options = 0
        self._images = 0
        self._regions = places.region_columns()
        self._labels = places.labels()

    def note(self, product: Document) -> None:
        """Add columns for everything the product has."""
        for name in self._counts:
            self._counts[name] = max(self._counts[name], len(product[name]))
        for variant in self._variants(product):
            for price in variant.get("prices") or ():
                if column := self._price_column(price):
                    self._prices.setdefault(column)
            self._options = max(self._options, len(variant.get("options") or ()))
            self._images = max(self._images, len(variant.get("images") or ()))

    def _variants(self, product: Document) -> list[Json]:
        return product["variants"] if self._has_variants else []

    def _price_column(self, price: Document) -> str:
        """`USD`, or `Europe [EUR]` for a price of one region; None for a price with other rules."""
        rules: dict[str, str] = price.get("rules") or {}
        if price.get("min_quantity") is not None or price.get("max_quantity") is not None:
            return ""
        if not rules:
            return price["currency_code"].upper()
        column = self._regions.get(rules.get("region_id", ""), "") if len(rules) == 1 else ""
        return column if column.endswith(f"[{price['currency_code'].upper()}]") else ""

    def head(self) -> list[str]:
        """The header row."""
        names = [f"Product {_title(name)}" for name in self._product]
        if self._is_complete:
            names += ["Product Metadata", "Shipping Profile Id", "Product Options"]
        for name, words, _ in _LISTS:
            names += [f"Product {words} {n + 1}" for n in range(self._counts.get(name, 0))]
        if not self._has_variants:
            return names
        names += [f"Variant {_title(name)}" for name in self._variant]
        names += [f"Variant Price {name}" for name in self._prices]
        for number in range(1, self._options + 1):
            names += [f"Variant Option {number} {part}" for part in _PARTS]
        names += [f"Variant Image {number + 1}" for number in range(self._images)]
        if self._is_complete:
            names += ["Variant Prices"]
            names += [f"Variant Stock [{label}]" for label in self._labels.values()]
        return names

    def lines(self, product: Document) -> Iterator[list[str]]:
        """A row for each variant, or one for a product without variants."""
        own = self._own(product, is_first=True)
        again = self._own(product, is_first=False)
        variants = self._variants(product)
        for place, variant in enumerate(variants):
            yield [*(again if place else own), *self._of_variant(variant)]
        if not variants:
            width = len(self.head()) - len(own)
            yield [*own, *[""] * width]

    def _own(self, product: Document, *, is_first: bool) -> list[str]:
        cells = [_cell(name, product.get(name)) for name in self._product]
        if self._is_complete and is_first:
            profile: dict[str, str] = product.get("shipping_profile") or {}
            cells += [_json(product["metadata"]), profile.get("id") or "", _options(product)]
        elif self._is_complete:
            cells += ["", "", ""]
        for name, _, shown in _LISTS:
            if name in self._counts:
                listed = [escaped(one[shown]) for one in product[name] if one]
                cells += _filled(listed, self._counts[name])
        return cells

    def _of_variant(self, variant: Document) -> list[str]:
        cells = [_cell(name, variant.get(name)) for name in self._variant]
        prices: dict[str, str] = {}
        others: list[Mapping[str, Any]] = []
        for price in variant.get("prices") or ():
            column = self._price_column(price)
            if column and column not in prices:
                prices[column] = str(price["amount"])
            else:
                others.append(price)
        cells += [prices.get(name, "") for name in self._prices]
        chosen = [
            cell
            for value in variant.get("options") or ()
            for cell in (value["option_id"], escaped(_option_title(value)), escaped(value["value"]))
        ]
        cells += _filled(chosen, self._options * len(_PARTS))
        images = [escaped(image["url"]) for image in variant.get("images") or ()]
        cells += _filled(images, self._images)
        if self._is_complete:
            cells += [_json([_price(one) for one in others] or None), *self._stock(variant)]
        return cells

    def _stock(self, variant: Document) -> list[str]:
        """The stocked quantity at each location; nothing for kits, whose parts are counted."""
        links: list[dict[str, Any]] = variant.get("inventory_items") or []
        items: list[dict[str, Any]] = variant.get("inventory") or []
        is_one = len(links) == 1 and links[0]["required_quantity"] == "1"
        levels: list[dict[str, Any]] = items[0]["location_levels"] if is_one and items else []
        stocked = {
            level["location_id"]: str(level["stocked_quantity"])
            for level in levels
            if level.get("deleted_at") is None
        }
        return [stocked.get(key, "") for key in self._labels]


def _in_order(names: Iterable[str]) -> list[str]:
    """The reference has metadata before the rank."""
    listed = list(names)
    if "metadata" in listed and "variant_rank" in listed:
        listed.remove("metadata")
        listed.insert(listed.index("variant_rank"), "metadata")
    return listed


def _option_title(value: Document) -> str:
    option: dict[str, str] = value.get("option") or {}
    return option.get("title", "")


def _title(name: str) -> str:
    return name.replace("_", " ").title()


def _filled(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return _json(value)
    if name.endswith("_at"):
        return _moment(value)
    return str(value) if isinstance(value, Exact) else escaped(str(value))


def _moment(text: str) -> str:
    """A time as JavaScript writes it, in UTC."""
    moment = datetime.fromisoformat(text)
    return moment.strftime("%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)")


def _json(value: Any) -> str:
    if value is None:
        return ""
    as_written: Callable[[Any], Any] = lambda number: orjson.Fragment(str(number))  # noqa: E731
    return orjson.dumps(value, as_written, orjson.OPT_PASSTHROUGH_SUBCLASS).decode()


def _options(product: Document) -> str:
    """All options with all their values in order, since variants need not use each of them."""
    listed = [
        {
            "title": option["title"],
            "values": [value["value"] for value in option["values"]],
            **({} if option["is_exclusive"] else {"is_exclusive": False, "id": option["id"]}),
        }
        for option in product["options"]
    ]
    return _json(listed or None)


def _price(price: Document) -> Json:
    names = ("currency_code", "amount", "min_quantity", "max_quantity")
    kept = {name: price[name] for name in names if price.get(name) is not None}
    return {**kept, **({"rules": price["rules"]} if price.get("rules") else {})}
