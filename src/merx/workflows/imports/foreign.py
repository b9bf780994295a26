"""What the files of other programs have in common: cells by name, and columns that nobody knows."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from merx.core.errors import InvalidData
from merx.workflows.imports.cells import Kind, as_text, read_cell
from merx.workflows.imports.drafts import Faults, ReadingOptions, Row, Value, VariantDraft


class Cells:
    """A record's cells by the name of their column."""

    def __init__(self, columns: Mapping[str, int], head: Sequence[str], faults: Faults) -> None:
        self._columns = columns
        self._head = head
        self._faults = faults

    def raw(self, row: Row, column: str) -> str:
        """The text of a cell; nothing if the file has no such column."""
        place = self._columns.get(column)
        return "" if place is None else row.cells[place].strip()

    def read(self, row: Row, column: str, kind: Kind = as_text) -> Value:
        """The value of a cell; None, and perhaps a fault, if there is none."""
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
        """The name as the file writes it."""
        return self._head[self._columns[column]] if column in self._columns else ""


def known_columns(
    head: Sequence[str], is_known: Callable[[str], bool], options: ReadingOptions
) -> tuple[dict[str, int], list[str]]:
    """The places of the columns by name in small letters, and the names of those nobody knows.

    Raises InvalidData for these unless they are to be kept.
    """
    columns: dict[str, int] = {}
    for place, name in enumerate(head):
        columns.setdefault(name.lower(), place)
    unknown = [name for name in head if name and not is_known(name.lower())]
    if unknown and not options.keep_unknown:
        named = ",".join(f'"{name}"' for name in unknown)
        raise InvalidData(f"Invalid column name(s) {named}")
    return columns, unknown


def keep_unknown(values: dict[str, Value], cells: Cells, row: Row, unknown: Sequence[str]) -> None:
    """Put what stands in unknown columns into metadata."""
    kept = {name: cell for name in unknown if (cell := cells.raw(row, name.lower()))}
    if kept:
        present = values.get("metadata")
        values["metadata"] = {**(present if isinstance(present, dict) else {}), **kept}


def add_metadata(values: dict[str, Value], name: str, value: Value) -> None:
    """Keep what has no field of its own."""
    if value not in (None, ""):
        present = values.get("metadata")
        kept = value if not isinstance(value, Decimal) else float(value)
        values["metadata"] = {**(present if isinstance(present, dict) else {}), name: kept}


def titled(variant: VariantDraft) -> None:
    """Name a variant by what it is: its option values."""
    variant.values.setdefault("title", " / ".join(variant.options.values()) or "Default")


# A product has an option here even if it has one variant.
ONLY_OPTION = ("Title", "Default Title")
