"""The products described by a file, in a form common to all programs.

References are still names.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from merx.core.errors import InvalidData, Problem

# The value of a plain field of a body, from a cell.
Value = str | bool | float | Decimal | dict[str, object] | None

SHOWN = 100
# The names and indexes of a path: `variants[3].prices[0].amount`.
_STEP = re.compile(r"[^.\[\]]+")


class Fault(NamedTuple):
    """An error in a file, and where. `column` is empty if it concerns the whole row."""

    line: int
    column: str
    message: str


class Row(NamedTuple):
    """A record of a file: its number, the line it begins at, and its cells."""

    number: int
    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How to read a file.

    `keep_unknown`: keep unknown columns in metadata instead of refusing them. `create_missing`:
    create tags, types, collections and categories that do not exist. `as_new`: ignore ids of
    products and variants, so that all are new. `update_existing`: update products with an existing
    handle, and variants with an existing sku. `currency_code` and `location` are used for prices
    and stock in files that name none.
    """

    keep_unknown: bool = False
    create_missing: bool = False
    as_new: bool = False
    update_existing: bool = False
    currency_code: str = ""
    location: str = ""


@dataclass(slots=True)
class PriceDraft:
    """A price; without a currency it is in that of the reading options or the store."""

    column: str
    amount: Decimal
    currency_code: str = ""
    region: str = ""
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    rules: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class StockDraft:
    """A stocked quantity at a location, by name or id; the only location if empty."""

    column: str
    quantity: Decimal
    location: str = ""


@dataclass(slots=True)
class OptionDraft:
    """An option that a product uses, with its values in order; `id` for a shared one."""

    title: str
    values: list[str]
    id: str = ""
    is_exclusive: bool = True


@dataclass(slots=True)
class VariantDraft:
    """A variant. A field that is None was not given and keeps its value."""

    line: int
    values: dict[str, Value]
    id: str = ""
    prices: list[PriceDraft] | None = None
    options: dict[str, str] = field(default_factory=dict[str, str])
    images: list[str] | None = None
    stock: list[StockDraft] = field(default_factory=list[StockDraft])


@dataclass(slots=True)
class ProductDraft:
    """A product with its variants.

    If it exists, variants that it does not list are deleted, unless it lists none. `columns` names
    the column of each field, for error messages.
    """

    line: int
    values: dict[str, Value]
    columns: dict[str, str]
    id: str = ""
    type: str = ""
    collection: str = ""
    shipping_profile: str = ""
    tags: list[str] | None = None
    categories: list[str] | None = None
    sales_channels: list[str] | None = None
    images: list[str] | None = None
    options: list[OptionDraft] = field(default_factory=list[OptionDraft])
    variants: list[VariantDraft] = field(default_factory=list[VariantDraft])

    def fault(self, path: str, message: str) -> Fault:
        """A workflow's error about a path below this product, as an error in the file."""
        steps = _STEP.findall(path)
        if len(steps) < 2 or steps[0] != "variants" or int(steps[1]) >= len(self.variants):
            name = steps[0] if steps else ""
            return Fault(self.line, self.columns.get(f"product.{name}", ""), message)
        variant = self.variants[int(steps[1])]
        name = steps[2] if len(steps) > 2 else ""
        column = self.columns.get(f"variant.{name}", "")
        prices = variant.prices or []
        if name == "prices" and len(steps) > 3 and int(steps[3]) < len(prices):
            column = prices[int(steps[3])].column
        return Fault(variant.line, column, message)


@dataclass(slots=True)
class Faults:
    """All errors in a file: the first hundred, and the total count."""

    shown: list[Fault] = field(default_factory=list[Fault])
    count: int = 0

    def add(self, fault: Fault) -> None:
        """Add an error."""
        self.count += 1
        if len(self.shown) < SHOWN:
            self.shown.append(fault)

    def problems(self) -> list[Problem]:
        """For the answer of a request and the notification of an import."""
        ordered = sorted(self.shown, key=lambda fault: (fault.line, fault.column))
        return [problem_of(fault) for fault in ordered]

    def error(self) -> InvalidData:
        """The error that reports them."""
        problems = self.problems()
        message = problems[0].get("message", "")
        return InvalidData(message, problems=problems, unlisted=self.count - len(self.shown))


def problem_of(fault: Fault) -> Problem:
    """An error as shown to clients."""
    path = f"lines[{fault.line}].{fault.column}" if fault.column else f"lines[{fault.line}]"
    return {
        "path": path,
        "message": fault.message,
        "line": fault.line,
        "column": fault.column,
    }
