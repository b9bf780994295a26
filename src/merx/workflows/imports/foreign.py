"""What the layouts of other programs have in common: cells by name, unknown columns, and the start
of products and variants.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from merx.core.errors import InvalidData
from merx.workflows.imports.cells import Kind, as_text, read_cell
from merx.workflows.imports.drafts import (
    Fault,
    Faults,
    PriceDraft,
    ProductDraft,
    ReadingOptions,
    Row,
    StockDraft,
    Value,
    VariantDraft,
)
from merx.workflows.imports.merx_layout import offer


class Cells:
    """A record's cells by column name."""

    def __init__(self, columns: Mapping[str, int], head: Sequence[str], faults: Faults) -> None:
        self._columns = columns
        self._head = head
        self._faults = faults

    def raw(self, row: Row, column: str) -> str:
        """The text of a cell; empty if the file has no such column."""
        place = self._columns.get(column)
        return "" if place is None else row.cells[place].strip()

    def read(self, row: Row, column: str, kind: Kind = as_text) -> Value:
        """The value of a cell; None, possibly with a fault, if there is none."""
        cell = self.raw(row, column)
        if not cell:
            return None
        return read_cell(row, self.name(column), cell, kind, self._faults)

    def amount(self, row: Row, column: str, kind: Kind) -> Decimal | None:
        """The number of a cell."""
        found = self.read(row, column, kind)
        return found if isinstance(found, Decimal) else None

    def has(self, column: str) -> bool:
        """Whether the file has the column."""
        return column in self._columns

    def name(self, column: str) -> str:
        """The column name as written in the file."""
        return self._head[self._columns[column]] if column in self._columns else ""


class ForeignLayout:
    """The columns of a file, and the products read from it; `columns` maps parts of a product to
    columns of the file.
    """

    def __init__(
        self,
        head: Sequence[str],
        options: ReadingOptions,
        is_known: Callable[[str], bool],
        columns: dict[str, str],
    ) -> None:
        self._head = head
        self._draft_columns = columns
        self._columns, self.unknown = _known_columns(head, is_known, options)

    def cells(self, faults: Faults) -> Cells:
        """Cells by name; errors are added to the faults."""
        return Cells(self._columns, self._head, faults)

    def begin(self, cells: Cells, row: Row, column: str, faults: Faults) -> ProductDraft | None:
        """A product with the title in that column; None, and a fault, without one."""
        title = cells.raw(row, column)
        if not title:
            words = f"Row {row.number}: Missing product title"
            faults.add(Fault(row.line, cells.name(column), words))
            return None
        draft = ProductDraft(row.line, {"title": title}, self._draft_columns)
        _keep_unknown(draft.values, cells, row, self.unknown)
        return draft


def _known_columns(
    head: Sequence[str], is_known: Callable[[str], bool], options: ReadingOptions
) -> tuple[dict[str, int], list[str]]:
    """The positions of columns by lower-case name, and the names of unknown ones.

    Raises InvalidData for unknown columns unless they are to be kept.
    """
    columns: dict[str, int] = {}
    for place, name in enumerate(head):
        columns.setdefault(name.lower(), place)
    unknown = [name for name in head if name and not is_known(name.lower())]
    if unknown and not options.keep_unknown:
        named = ",".join(f'"{name}"' for name in unknown)
        raise InvalidData(f"Invalid column name(s) {named}")
    return columns, unknown


def _keep_unknown(values: dict[str, Value], cells: Cells, row: Row, unknown: Sequence[str]) -> None:
    """Put the values of unknown columns into metadata."""
    kept = {name: cell for name in unknown if (cell := cells.raw(row, name.lower()))}
    if kept:
        present = values.get("metadata")
        values["metadata"] = {**(present if isinstance(present, dict) else {}), **kept}


def add_metadata(
    values: dict[str, Value], cells: Cells, row: Row, names: Mapping[str, str]
) -> None:
    """Store a value without a field of its own in metadata, by name."""
    for column, name in names.items():
        value = cells.read(row, column)
        if value not in (None, ""):
            present = values.get("metadata")
            kept = value if not isinstance(value, Decimal) else float(value)
            values["metadata"] = {**(present if isinstance(present, dict) else {}), name: kept}


def listed(text: str) -> list[str]:
    """The distinct parts between commas."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def category(path: str) -> str:
    """The path of a category in our notation."""
    return " > ".join(step.strip() for step in path.split(">"))


# A product has an option here even with a single variant.
_ONLY_OPTION = ("Title", "Default Title")


def begin_variant(
    draft: ProductDraft, line: int, chosen: Sequence[tuple[str, str]]
) -> VariantDraft:
    """A variant with these option values, which its product offers and which form its title."""
    variant = VariantDraft(line, {}, prices=[])
    for name, value in chosen or [_ONLY_OPTION]:
        variant.options[name] = value
        offer(draft, name, value)
    variant.values["title"] = " / ".join(variant.options.values())
    return variant


def add_price(variant: VariantDraft, cells: Cells, column: str, amount: Decimal | None) -> None:
    """Its price in the file's currency."""
    if amount is not None:
        variant.prices = [PriceDraft(cells.name(column), amount)]


def add_stock(variant: VariantDraft, cells: Cells, column: str, quantity: Decimal | None) -> None:
    """Its stock. Those programs count below zero what is oversold; here that is a reservation."""
    if quantity is not None and variant.values["manage_inventory"]:
        variant.stock.append(StockDraft(cells.name(column), max(quantity, Decimal(0))))
