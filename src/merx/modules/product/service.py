"""Locks and reads that the workflows of products and variants share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound, Problem, below
from merx.modules.product.options import OfferedOptions

_OFFERED = """
SELECT used.product_id, o.title, (
  SELECT coalesce(json_object_agg(v.value, v.id), '{}')
  FROM product_product_option_value offered
  JOIN product_option_value v ON v.id = offered.product_option_value_id AND v.deleted_at IS NULL
  WHERE offered.product_product_option_id = used.id AND offered.deleted_at IS NULL)
FROM product_product_option used
JOIN product_option o ON o.id = used.product_option_id AND o.deleted_at IS NULL
WHERE used.product_id = ANY($1::text[]) AND used.deleted_at IS NULL
ORDER BY o.id"""

_CLASHES = """
SELECT g.place, v.title, v.sku, v.ean, v.upc, v.barcode, v.option_key
FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
  AS g(place, product_id, sku, ean, upc, barcode, option_key)
JOIN product_variant v ON v.deleted_at IS NULL AND (
  v.sku = g.sku OR v.ean = g.ean OR v.upc = g.upc OR v.barcode = g.barcode
  OR (v.product_id = g.product_id AND v.option_key = g.option_key))
ORDER BY g.place"""

# The order in which the reference names a clash.
UNIQUE_CODES = ("ean", "upc", "sku", "barcode")

UNKNOWN_CLASH = "Another request made a variant with the same sku, code or options."


@dataclass(frozen=True, slots=True)
class LockedVariant:
    """What an update must know of a variant before it changes it."""

    id: str
    title: str
    sku: str | None
    manage_inventory: bool
    price_set_id: str | None
    metadata: dict[str, Any] | None


async def lock_product(tx: Transaction, product_id: str, message: str = "") -> None:
    """Hold the live product until the end: nobody deletes it or changes its options meanwhile.

    Writers of variants share the lock; those who change a product's options take it alone.
    """
    found = await tx.fetchval(
        "SELECT 1 FROM product WHERE id = $1 AND deleted_at IS NULL FOR SHARE", product_id
    )
    if found is None:
        raise NotFound(message or f"Product with id: {product_id} was not found")


async def read_offered_options(
    tx: Transaction, product_ids: Sequence[str]
) -> dict[str, OfferedOptions]:
    """The options of each product with the values it offers."""
    offered: dict[str, list[tuple[str, dict[str, str]]]] = {given: [] for given in product_ids}
    for product_id, title, values in await tx.fetch(_OFFERED, list(product_ids)):
        offered[product_id].append((title, orjson.loads(values)))
    return {product_id: OfferedOptions(options) for product_id, options in offered.items()}


async def lock_variants(
    tx: Transaction, product_id: str, ids: Sequence[str]
) -> dict[str, LockedVariant]:
    """The product's live variants among the ids, locked in key order until the end."""
    records = await tx.fetch(
        "SELECT id, title, sku, manage_inventory, price_set_id, metadata FROM product_variant"
        " WHERE id = ANY($1::text[]) AND product_id = $2 AND deleted_at IS NULL"
        " ORDER BY id FOR NO KEY UPDATE",
        list(ids),
        product_id,
    )
    return {record["id"]: LockedVariant(*record) for record in records}


async def explain_clashes(
    tx: Transaction, rows: Sequence[dict[str, Any]], paths: Sequence[str]
) -> InvalidData:
    """The error that names every row whose sku, code or combination a live variant has."""
    names = ("product_id", "sku", "ean", "upc", "barcode", "option_key")
    records = await tx.fetch(
        _CLASHES, list(range(len(rows))), *([row[name] for row in rows] for name in names)
    )
    problems: list[Problem] = []
    for record in records:
        place: int = record["place"]
        problems.extend(_clash(rows[place], record, paths[place]))
    # The other request's row may be gone again: then only the index knows.
    problems = problems or [{"path": "", "message": UNKNOWN_CLASH}]
    return InvalidData(problems[0].get("message", ""), problems=problems)


def _clash(row: dict[str, Any], record: Any, path: str) -> list[Problem]:
    problems: list[Problem] = []
    for name in UNIQUE_CODES:
        if row[name] is not None and row[name] == record[name]:
            problems.append({"path": below(path, name), "message": taken(name, row[name])})
    if row["option_key"] is not None and row["option_key"] == record["option_key"]:
        problems.append({"path": below(path, "options"), "message": combined(record["title"])})
    return problems


def taken(name: str, value: str) -> str:
    """The words for a sku, ean, upc or barcode that another variant has."""
    return f"Product variant with {name}: {value}, already exists."


def combined(title: str) -> str:
    """The words for a combination of options that the variant of that title has."""
    return f"Variant ({title}) with provided options already exists."
