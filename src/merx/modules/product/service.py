"""Locks and reads that the workflows of products and variants share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound, Problem, below
from merx.modules.product.options import OfferedOptions

# The options of products, `$1`, each with its values as `{value: id}`.
OFFERED = """
SELECT used.product_id, o.title, (
  SELECT coalesce(json_object_agg(v.value, v.id), '{}')
  FROM product_product_option_value offered
  JOIN product_option_value v ON v.id = offered.product_option_value_id AND v.deleted_at IS NULL
  WHERE offered.product_product_option_id = used.id AND offered.deleted_at IS NULL) AS values
FROM product_product_option used
JOIN product_option o ON o.id = used.product_option_id AND o.deleted_at IS NULL
WHERE used.product_id = ANY($1::text[]) AND used.deleted_at IS NULL
ORDER BY o.id"""

# Live variants that hold what given rows want to have; those of `$8` are about to give it up.
_CLASHES = f"""
WITH given AS MATERIALIZED (
  SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::text[]) AS g(place, product_id, sku, ean, upc, barcode, option_key)),
leaving AS MATERIALIZED (SELECT * FROM unnest($8::text[]) AS l(id))
SELECT clash.* FROM ({
    " UNION ALL ".join(
        f'''SELECT given.place, v.id, v.title, v.sku, v.ean, v.upc, v.barcode, v.option_key
    FROM given JOIN product_variant v ON v.deleted_at IS NULL AND {same}'''
        for same in (
            "v.ean = given.ean",
            "v.upc = given.upc",
            "v.sku = given.sku",
            "v.barcode = given.barcode",
            "v.product_id = given.product_id AND v.option_key = given.option_key",
        )
    )
}) clash
WHERE NOT EXISTS (SELECT 1 FROM leaving WHERE leaving.id = clash.id)
ORDER BY clash.place"""

_LOCK_VARIANTS = """
SELECT v.id, v.title, v.sku, v.manage_inventory, v.price_set_id, v.metadata
FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (SELECT * FROM product_variant WHERE id = given.id FOR NO KEY UPDATE) v
WHERE v.product_id = $2 AND v.deleted_at IS NULL"""

# The order in which the reference names a clash.
UNIQUE_CODES = ("ean", "upc", "sku", "barcode")

_GONE_CLASH = "Another request held the same sku, code or options at that moment; try again."


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


async def read_offered_options(tx: Transaction, product_id: str) -> OfferedOptions:
    """The options of one product with the values it offers."""
    records = await tx.fetch(OFFERED, [product_id])
    rows = [{**record, "values": orjson.loads(record["values"])} for record in records]
    return offered_options([product_id], rows)[product_id]


def offered_options(
    product_ids: Sequence[str], rows: Sequence[dict[str, Any]]
) -> dict[str, OfferedOptions]:
    """The options by product, from rows of OFFERED."""
    options: dict[str, list[tuple[str, dict[str, str]]]] = {given: [] for given in product_ids}
    for row in rows:
        options[row["product_id"]].append((row["title"], row["values"]))
    return {product_id: OfferedOptions(found) for product_id, found in options.items()}


async def lock_variants(
    tx: Transaction, product_id: str, ids: Sequence[str]
) -> dict[str, LockedVariant]:
    """The product's live variants among the ids, locked in key order until the end."""
    records = await tx.fetch(_LOCK_VARIANTS, sorted(set(ids)), product_id)
    return {record["id"]: LockedVariant(*record) for record in records}


async def find_clashes(
    connection: Transaction,
    rows: Sequence[dict[str, Any]],
    paths: Sequence[str],
    changed: Sequence[str] = (),
) -> list[Problem]:
    """Every row whose sku, code or combination a live variant has, but for those being changed."""
    names = ("product_id", "sku", "ean", "upc", "barcode", "option_key")
    columns = ([row[name] for row in rows] for name in names)
    records = await connection.fetch(_CLASHES, list(range(len(rows))), *columns, list(changed))
    problems: list[Problem] = []
    for record in records:
        place: int = record["place"]
        found = _clash(rows[place], record, paths[place])
        problems.extend(problem for problem in found if problem not in problems[-5:])
    return problems


def clashing(problems: Sequence[Problem]) -> InvalidData:
    """The error for values that are taken; without any the other request is gone again."""
    found = problems or [Problem(path="", message=_GONE_CLASH)]
    return InvalidData(found[0].get("message", ""), problems=found)


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
