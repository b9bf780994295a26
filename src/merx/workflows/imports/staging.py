"""Records of a CSV file, grouped by product on disk, so memory does not grow with the file.

The records of a product may be anywhere in the file: some programs write variations far from their
parent. An unnamed SQLite database is a temporary file that disappears with its connection.
"""

import csv
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TextIO

import orjson

from merx.core.errors import InvalidData
from merx.workflows.imports.drafts import Fault, Faults, ProductDraft, Row

_LONGEST_CELL = 4 * 1024 * 1024
_AT_ONCE = 1000
_SNIFFED = 256 * 1024
_DELIMITERS = (",", ";", "\t")
_UNIQUE = ("sku", "ean", "upc", "barcode")

_TABLES = """
CREATE TABLE record(number INTEGER PRIMARY KEY, line INTEGER, place INTEGER, parent TEXT,
  cells BLOB);
CREATE TABLE name(name TEXT PRIMARY KEY, place INTEGER) WITHOUT ROWID;
CREATE TABLE seen(kind TEXT, value TEXT, line INTEGER, PRIMARY KEY (kind, value)) WITHOUT ROWID;
"""


class Key(NamedTuple):
    """The product a record belongs to: one with one of the `names`, or else a new one with them; or
    the product of the record named `parent`.
    """

    names: Sequence[str] = ()
    parent: str = ""


class Layout(Protocol):
    """How a program writes products to a file."""

    def key(self, row: Row, faults: Faults) -> Key | None:
        """The product of a record; None, and a fault, if it has none."""
        ...

    def draft(self, rows: Sequence[Row], faults: Faults) -> ProductDraft | None:
        """The product made from its records; None, and faults, if they are invalid."""
        ...


class Sheet(NamedTuple):
    """A file that is being read: its columns, and its records with line numbers."""

    head: list[str]
    rows: Iterator[Row]


def open_sheet(text: TextIO, delimiter: str, faults: Faults) -> Sheet:
    """Read the header. Raises InvalidData if it is not such a file."""
    csv.field_size_limit(min(_LONGEST_CELL, sys.maxsize))
    reader: _Reader = csv.reader(text, delimiter=delimiter)
    nothing: list[str] = []
    try:
        head = [name.strip() for name in next(reader, nothing)]
    except (csv.Error, UnicodeDecodeError) as error:
        raise InvalidData(f"The file cannot be read: {error}") from error
    if not any(head):
        raise InvalidData("The file is empty: its first line must name the columns")
    return Sheet(head, _rows(reader, len(head), faults))


def delimiter_of(path: Path) -> str:
    """The delimiter: the comma, semicolon or tab that is most frequent in the first line."""
    with path.open("rb") as file:
        line = file.read(_SNIFFED).split(b"\n", 1)[0].decode("utf-8", "replace")
    return max(_DELIMITERS, key=line.count)


class _Reader(Protocol):
    """The type of `csv.reader`."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


def _rows(reader: _Reader, width: int, faults: Faults) -> Iterator[Row]:
    number = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except (csv.Error, UnicodeDecodeError) as error:
            faults.add(Fault(line, "", f"The file cannot be read from here on: {error}"))
            return
        if cells is None:
            return
        if not any(cells):
            continue
        number += 1
        if any(cells[width:]):
            words = f"Row {number}: {len(cells)} cells, but there are {width} columns"
            faults.add(Fault(line, "", words))
        elif any("\0" in cell for cell in cells):
            faults.add(Fault(line, "", f"Row {number}: A cell holds the character NUL"))
        else:
            yield Row(number, line, [*cells[:width], *[""] * (width - len(cells))])


class Staging:
    """The records of a file by product, in the order in which products first occur."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.products = 0
        # Used from a different thread each time, but never concurrently.
        self._store = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._store.executescript(_TABLES)

    def close(self) -> None:
        """Delete the records."""
        self._store.close()

    def fill(self, rows: Iterator[Row], faults: Faults) -> None:
        """Read all records."""
        self._store.execute("BEGIN")
        batch: list[tuple[object, ...]] = []
        for row in rows:
            key = self.layout.key(row, faults)
            if key is None:
                continue
            place = self._place(key.names) if key.names else None
            batch.append((row.number, row.line, place, key.parent, orjson.dumps(row.cells)))
            if len(batch) >= _AT_ONCE:
                self._insert(batch)
        self._insert(batch)
        self._find_parents(faults)
        self._store.execute("CREATE INDEX by_place ON record(place, number)")
        self._store.execute("COMMIT")

    def _place(self, names: Sequence[str]) -> int:
        marks = ", ".join("?" * len(names))
        text = f"SELECT place FROM name WHERE name IN ({marks}) LIMIT 1"
        found = self._store.execute(text, names).fetchone()
        if found is None:
            self.products += 1
        place: int = found[0] if found else self.products
        pairs = [(name, place) for name in names]
        self._store.executemany("INSERT OR IGNORE INTO name VALUES (?, ?)", pairs)
        return place

    def _insert(self, batch: list[tuple[object, ...]]) -> None:
        self._store.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?)", batch)
        batch.clear()

    def _find_parents(self, faults: Faults) -> None:
        self._store.execute(
            "UPDATE record SET place = (SELECT place FROM name WHERE name.name = record.parent)"
            " WHERE place IS NULL"
        )
        lost = self._store.execute("SELECT number, line, parent FROM record WHERE place IS NULL")
        for number, line, parent in lost:
            words = f'Row {number}: The product "{parent}" that it belongs to is not in the file'
            faults.add(Fault(line, "", words))

    def drafts(self, faults: Faults, *, after: int = 0) -> Iterator[ProductDraft]:
        """The products after the first `after` ones, without those that have faults."""
        for rows in self._groups(after):
            before = faults.count
            draft = self.layout.draft(rows, faults)
            if draft is not None and before == faults.count:
                yield draft

    def _groups(self, after: int) -> Iterator[list[Row]]:
        records = self._store.execute(
            "SELECT place, number, line, cells FROM record WHERE place > ? ORDER BY place, number",
            (after,),
        )
        group: list[Row] = []
        current = None
        for place, number, line, cells in records:
            if place != current and group:
                yield group
                group = []
            current = place
            group.append(Row(number, line, orjson.loads(cells)))
        if group:
            yield group

    def check_unique(self, draft: ProductDraft, faults: Faults) -> None:
        """Report handles and codes that occur twice in the file, since parts that are written
        separately do not see each other's.
        """
        handle = draft.values.get("handle")
        if handle and not draft.id:
            self._see(draft.line, "handle", handle, draft.columns.get("product.handle", ""), faults)
        for variant in draft.variants:
            codes = [(name, variant.values.get(name)) for name in _UNIQUE]
            for name, value in [*codes, ("id", variant.id)]:
                if value:
                    column = draft.columns.get(f"variant.{name}", "")
                    self._see(variant.line, name, value, column, faults)

    def _see(self, line: int, kind: str, value: object, column: str, faults: Faults) -> None:
        added = self._store.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (kind, value, line)
        )
        if added.rowcount:
            return
        [first] = self._store.execute(
            "SELECT line FROM seen WHERE kind = ? AND value = ?", (kind, value)
        ).fetchone()
        faults.add(Fault(line, column, f'The {kind} "{value}" stands on line {first} already'))
