"""What a file says of products, whichever program wrote it. References are still by name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from merx.core.errors import InvalidData, Problem

# What a cell becomes: the value of a plain field of a body.
Value = str | bool | float | Decimal | dict[str, object] | None

SHOWN = 100
# The names and numbers of a path: `variants[3].prices[0].amount`.
_STEP = re.compile(r"[^.\[\]]+")


class Fault(NamedTuple):
    """What is wrong in a file, and where. `column` is empty if it is the row as a whole."""

    line: int
    column: str
    message: str


class Row(NamedTuple):
    """A record of a file: its number among the records, the line it begins at, its cells."""

    number: int
    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How to read a file.

    `keep_unknown`: columns that nobody knows are kept in metadata instead of refused.
    `create_missing`: tags, types, collections, categories that do not exist are made.
    `as_new`: ids of products and variants are passed over, so that all are new.
    `update_existing`: a product whose handle exists is updated, and its variants by their sku.
    `currency_code` and `location` are those of prices and stock in files that name none.
    """

    keep_unknown: bool = False
    create_missing: bool = False
    as_new: bool = False
    update_existing: bool = False
    currency_code: str = ""
    location: str = ""


@dataclass(slots=True)
class PriceDraft:
    """A price; without a currency it is in that of the options or the store."""

    column: str
    amount: Decimal
    currency_code: str = ""
    region: str = ""
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    rules: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class StockDraft:
    """How much is stocked at a location, by name or id; the only one if it is empty."""

    column: str
    quantity: Decimal
    location: str = ""


@dataclass(slots=True)
class OptionDraft:
    """An option that a product uses, with its values in order; `id` of a shared one."""

    title: str
    values: list[str]
    id: str = ""
    is_exclusive: bool = True


@dataclass(slots=True)
class VariantDraft:
    """A variant. What is None was not said: it stays as it is."""

    line: int
    values: dict[str, Value]
    id: str = ""
    prices: list[PriceDraft] | None = None
    options: dict[str, str] = field(default_factory=dict[str, str])
    images: list[str] | None = None
    stock: list[StockDraft] = field(default_factory=list[StockDraft])


@dataclass(slots=True)
class ProductDraft:
    """A product with its variants; those it does not list are deleted if it exists, unless it
    lists none. `columns` names the column of each field, for what is said of it."""

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
        """What a workflow says of a place below this product, as a place in the file."""
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
    """All that is wrong in a file: the first hundred, and how many there are."""

    shown: list[Fault] = field(default_factory=list[Fault])
    count: int = 0

    def add(self, fault: Fault) -> None:
        """Note one more."""
        self.count += 1
        if len(self.shown) < SHOWN:
            self.shown.append(fault)

    def problems(self) -> list[Problem]:
        """For the answer of a request and the notification of an import."""
        ordered = sorted(self.shown, key=lambda fault: (fault.line, fault.column))
        return [problem_of(fault) for fault in ordered]

    def error(self) -> InvalidData:
        """The error that tells of them."""
        problems = self.problems()
        message = problems[0].get("message", "")
        return InvalidData(message, problems=problems, unlisted=self.count - len(self.shown))


def problem_of(fault: Fault) -> Problem:
    """A fault as a client sees it."""
    path = f"lines[{fault.line}].{fault.column}" if fault.column else f"lines[{fault.line}]"
    return {
        "path": path,
        "message": fault.message,
        "line": fault.line,
        "column": fault.column,
    }
