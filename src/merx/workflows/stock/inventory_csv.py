"""Inventory items as CSV: a row for each item and variant, with the stock at each location.

The columns are those of the reference, except that locations with equal names get columns of their
own.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from merx.core.database import Transaction
from merx.core.shapes import Json
from merx.links import GRAPH
from merx.query.plan import Plan
from merx.query.run import read_all

AT_ONCE = 200

# What each row shows beside the selected fields of the item.
VARIANT = ("id", "title", "barcode", "ean", "upc")
QUANTITIES = ("stocked", "reserved", "available")
RELATED = (
    *(f"variants.{name}" for name in VARIANT),
    "location_levels.location_id",
    "location_levels.deleted_at",
    *(f"location_levels.{name}_quantity" for name in QUANTITIES),
)

# Spreadsheets evaluate cells that begin like this; a number may begin with a sign.
_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)

_LOCATIONS = (
    'SELECT id, name FROM stock_location WHERE deleted_at IS NULL ORDER BY name COLLATE "C", id'
)


@dataclass(frozen=True, slots=True)
class ItemExport:
    """Which items to write, and the item's fields that make the first columns; the plan reads these
    and `RELATED`.
    """

    columns: tuple[str, ...]
    plan: Plan


async def write_items(tx: Transaction, export: ItemExport) -> AsyncIterator[bytes]:
    """The file, in chunks: memory does not grow with the number of items."""
    places = [(record[0], record[1]) for record in await tx.fetch(_LOCATIONS)]
    yield _csv([_head(export.columns, places)])
    location_ids = [location_id for location_id, _ in places]
    async for rows in read_all(tx, GRAPH, export.plan, at_once=AT_ONCE):
        # Numbers stay text, as floats would round quantities.
        items = [json.loads(row, parse_int=str, parse_float=str) for row in rows]
        lines = (line for item in items for line in _lines(item, export.columns, location_ids))
        yield b"\n" + _csv(lines)


def _head(columns: Sequence[str], places: Sequence[tuple[str, str]]) -> list[str]:
    namesakes = Counter(name for _, name in places)
    labels = [name if namesakes[name] == 1 else f"{name} ({key})" for key, name in places]
    return [
        *(f"Item {_title(name)}" for name in columns),
        *(f"Variant {_title(name)}" for name in VARIANT),
        *(f"Location [{label}] {_title(name)} Quantity" for label in labels for name in QUANTITIES),
    ]


def _title(name: str) -> str:
    return name.replace("_", " ").title()


def _lines(item: Json, columns: Sequence[str], location_ids: Sequence[str]) -> Iterator[list[str]]:
    own = [safe(item[name]) for name in columns]
    live = (level for level in item["location_levels"] if level["deleted_at"] is None)
    levels = {level["location_id"]: level for level in live}
    stock = [
        safe(levels[key][f"{name}_quantity"]) if key in levels else ""
        for key in location_ids
        for name in QUANTITIES
    ]
    variants: list[dict[str, Any]] = item["variants"] or [dict.fromkeys(VARIANT)]
    for variant in variants:
        yield [*own, *(safe(variant[name]) for name in VARIANT), *stock]


def safe(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _csv(lines: Iterator[list[str]] | list[list[str]]) -> bytes:
    """Without a trailing line break, as on the reference."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().removesuffix("\n").encode()
