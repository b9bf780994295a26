"""Locks and reads shared by the workflows of products and variants."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from typing_extensions import TypedDict

from merx.batch import Row
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound, Problem, below
from merx.modules.product.options import OfferedOptions, not_offered, unknown_value

# The order in which the reference reports conflicts; taken option combinations come before these.
UNIQUE_CODES = ("ean", "upc", "sku", "barcode")

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

_CLASH = """
SELECT given.place, '{name}' AS name, {rank} AS rank, v.id, v.title FROM given CROSS JOIN LATERAL (
  SELECT id, title FROM product_variant v
  WHERE v.deleted_at IS NULL AND v.{name} = given.{name} {within} OFFSET 0) v"""
_SAME_PRODUCT = "AND v.product_id = given.product_id"

# Live variants with values that the given rows want, except those that are about to give them up:
# `$8` their ids, `$9` the columns.
_CLASHES = """
WITH given AS MATERIALIZED (
  SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::text[]) AS g(place, product_id, sku, ean, upc, barcode, option_key))
SELECT clash.* FROM ({}) clash
WHERE (clash.id, clash.name) NOT IN (SELECT * FROM unnest($8::text[], $9::text[]) AS l(id, name))
ORDER BY clash.rank > 0, clash.place, clash.rank""".format(
    " UNION ALL ".join(
        [
            _CLASH.format(name="option_key", rank=0, within=_SAME_PRODUCT),
            *(
                _CLASH.format(name=name, rank=rank, within="")
                for rank, name in enumerate(UNIQUE_CODES, start=1)
            ),
        ]
    )
)

_LOCK_VARIANTS = """
SELECT v.id, v.title, v.sku, v.manage_inventory, v.price_set_id, v.metadata
FROM unnest($1::text[], $2::text[]) AS given(id, product_id)
CROSS JOIN LATERAL (SELECT * FROM product_variant WHERE id = given.id FOR NO KEY UPDATE) v
WHERE v.product_id = given.product_id AND v.deleted_at IS NULL"""

# The product shared, then its variants: the CTE is the outer side of a nested loop, so it is locked
# first. Without any of the variants there is one row of nulls, and without the product none.
_LOCK_OF_PRODUCT = """
WITH product AS MATERIALIZED (
  SELECT p.id FROM product p WHERE p.id = $1 AND p.deleted_at IS NULL FOR SHARE)
SELECT v.product_id, v.id, v.title, v.sku, v.manage_inventory, v.price_set_id, v.metadata
FROM product LEFT JOIN LATERAL (
  SELECT held.* FROM unnest(CASE WHEN product.id = $1 THEN $2::text[] END) AS given(id)
  CROSS JOIN LATERAL (
    SELECT * FROM product_variant v WHERE v.id = given.id FOR {strength} OFFSET 0) held
  WHERE held.deleted_at IS NULL) v ON true"""
_LOCK_TO_CHANGE = _LOCK_OF_PRODUCT.format(strength="NO KEY UPDATE")
_LOCK_TO_DELETE = _LOCK_OF_PRODUCT.format(strength="UPDATE")

_LOCK_PRODUCTS = """
SELECT p.id, p.metadata FROM unnest($1::text[]) AS given(id)
CROSS JOIN LATERAL (SELECT * FROM product WHERE id = given.id FOR NO KEY UPDATE) p
WHERE p.deleted_at IS NULL"""


_GONE_CLASH = "Another request held the same sku, code or options at that moment; try again."


class LockedVariant(NamedTuple):
    """What an update needs to know about a variant before changing it."""

    id: str
    title: str
    sku: str | None
    manage_inventory: bool
    price_set_id: str | None
    metadata: dict[str, Any] | None


async def lock_product(tx: Transaction, product_id: str, message: str = "") -> None:
    """Lock the live product until the end, so it is not deleted and keeps its options.

    Writers of variants share the lock; changes of a product's options take it exclusively.
    """
    found = await tx.fetchval(
        "SELECT 1 FROM product WHERE id = $1 AND deleted_at IS NULL FOR SHARE", product_id
    )
    if found is None:
        raise _no_product(product_id, message)


def _no_product(product_id: str, message: str = "") -> NotFound:
    return NotFound(message or f"Product with id: {product_id} was not found")


async def lock_products(tx: Transaction, ids: Iterable[str]) -> dict[str, Row | None]:
    """Lock live products exclusively, in key order, so their options and variants stay as they are;
    returns their metadata by id.
    """
    records = await tx.fetch(_LOCK_PRODUCTS, sorted(set(ids)))
    return {record["id"]: record["metadata"] for record in records}


class Offered(TypedDict):
    """A row of OFFERED; `values` are ids by value."""

    product_id: str
    title: str
    values: dict[str, str]


async def read_offered_options(
    tx: Transaction, product_ids: Iterable[str]
) -> dict[str, OfferedOptions]:
    """The options of products with the values they offer."""
    wanted = list(dict.fromkeys(product_ids))
    records = await tx.fetch(OFFERED, wanted)
    rows = [
        Offered(
            product_id=record["product_id"],
            title=record["title"],
            values=orjson.loads(record["values"]),
        )
        for record in records
    ]
    return offered_options(wanted, rows)


def offered_options(
    product_ids: Sequence[str], rows: Sequence[Offered]
) -> dict[str, OfferedOptions]:
    """The options by product, from rows of OFFERED."""
    options: dict[str, list[tuple[str, dict[str, str]]]] = {given: [] for given in product_ids}
    for row in rows:
        options[row["product_id"]].append((row["title"], row["values"]))
    return {product_id: OfferedOptions(found) for product_id, found in options.items()}


_NOT_OFFERED = """
SELECT DISTINCT o.title, v.value FROM product_product_option used
JOIN product_option o ON o.id = used.product_option_id AND o.deleted_at IS NULL
JOIN product_option_value v ON v.option_id = o.id AND v.deleted_at IS NULL
WHERE used.product_id = ANY($1::text[]) AND used.deleted_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM product_product_option_value offered
  WHERE offered.product_product_option_id = used.id AND offered.product_option_value_id = v.id
    AND offered.deleted_at IS NULL)"""


async def name_not_offered(
    tx: Transaction, product_ids: Sequence[str], error: InvalidData | None
) -> InvalidData | None:
    """The error with another message for values that exist but are not offered by the products: a
    different call offers them.
    """
    if error is None:
        return None
    records = await tx.fetch(_NOT_OFFERED, list(product_ids))
    words = {unknown_value(title, value): not_offered(title, value) for title, value in records}
    problems: list[Problem] = [
        {**problem, "message": words.get(problem.get("message", ""), problem.get("message", ""))}
        for problem in error.problems
    ]
    return InvalidData(words.get(error.message, error.message), problems=problems)


async def lock_variants(tx: Transaction, owners: Mapping[str, str]) -> dict[str, LockedVariant]:
    """The live variants (`owners`: variant id → product id) that belong to their product, locked in
    key order until the end.
    """
    ids = sorted(owners)
    records = await tx.fetch(_LOCK_VARIANTS, ids, [owners[given] for given in ids])
    return {record["id"]: LockedVariant(*record) for record in records}


@dataclass(frozen=True, slots=True)
class HeldVariants:
    """Locked live variants of a locked product, and the ids of those of other products."""

    own: dict[str, LockedVariant] = field(default_factory=dict[str, LockedVariant])
    foreign: set[str] = field(default_factory=set[str])


async def hold_variants(
    tx: Transaction, product_id: str, ids: Iterable[str], *, to_delete: bool = False
) -> HeldVariants:
    """Lock the live product, as `lock_product` does, and then the live variants among the ids, in
    key order; in one statement.
    """
    text = _LOCK_TO_DELETE if to_delete else _LOCK_TO_CHANGE
    records = await tx.fetch(text, product_id, sorted(set(ids)))
    if not records:
        raise _no_product(product_id)
    held = HeldVariants()
    for owner, variant_id, *columns in records:
        if owner == product_id:
            held.own[variant_id] = LockedVariant(variant_id, *columns)
        elif owner is not None:
            held.foreign.add(variant_id)
    return held


async def find_clashes(
    connection: Transaction,
    rows: Sequence[Row],
    paths: Sequence[str],
    changed: Sequence[tuple[str, str]] = (),
) -> list[Problem]:
    """Every row whose sku, code or combination belongs to a live variant.

    `changed` are the ids of variants and the columns that this call changes in them.
    """
    names = ("product_id", "sku", "ean", "upc", "barcode", "option_key")
    columns = ([row[name] for row in rows] for name in names)
    leaving = ([variant_id for variant_id, _ in changed], [name for _, name in changed])
    records = await connection.fetch(_CLASHES, list(range(len(rows))), *columns, *leaving)
    problems: list[Problem] = []
    for record in records:
        place: int = record["place"]
        problem = _clash(rows[place], paths[place], record["name"], record["title"])
        problems.append({**problem, "code": "taken", "conflicting_id": record["id"]})
    return problems


def clashing(problems: Sequence[Problem]) -> InvalidData:
    """The error for taken values; without any, the concurrent request has been rolled back."""
    found = problems or [Problem(path="", message=_GONE_CLASH)]
    return InvalidData.of(found)


def _clash(row: Row, path: str, name: str, title: str) -> Problem:
    if name == "option_key":
        return {"path": below(path, "options"), "message": combined(title)}
    return {"path": below(path, name), "message": taken(name, row[name])}


def taken(name: str, value: str) -> str:
    """The message for a sku, ean, upc or barcode of another variant."""
    return f"Product variant with {name}: {value}, already exists."


def combined(title: str) -> str:
    """The message for a combination of options that another variant has."""
    return f"Variant ({title}) with provided options already exists."
