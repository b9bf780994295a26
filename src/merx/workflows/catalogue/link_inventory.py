"""Links variants to inventory items, with required quantities."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from merx.batch import lock_rows
from merx.batch.types import given_numbers, sent_numbers
from merx.core.database import Transaction
from merx.core.errors import MerxError, NotFound, Problem, refuse, refuse_named
from merx.core.hooks import run_hooks, without_ids
from merx.core.ids import new_ids
from merx.modules.inventory.service import lock_items
from merx.modules.product.hooks import INVENTORY_LINKS
from merx.modules.product.models import Product
from merx.modules.product.schemas import BatchedLink, BatchLinks
from merx.modules.product.service import hold_variants, lock_variants

_UPSERT = f"""
INSERT INTO product_variant_inventory_item (id, variant_id, inventory_item_id, required_quantity)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], {given_numbers(4)})
ON CONFLICT (variant_id, inventory_item_id)
DO UPDATE SET required_quantity = excluded.required_quantity, updated_at = now()"""

# Locks the product and then its variants in key order: each CTE waits for the previous one. After
# waiting for a row lock, a CTE sees the current version of the row, which is sufficient here.
_HOLD = """
WITH product AS MATERIALIZED (
  SELECT p.id FROM product p WHERE p.id = $1 AND p.deleted_at IS NULL FOR SHARE),
variants AS MATERIALIZED (
  SELECT v.id FROM product CROSS JOIN LATERAL unnest(CASE WHEN product.id = $1 THEN $2::text[] END)
    AS given(id) CROSS JOIN LATERAL (
    SELECT * FROM product_variant v WHERE v.id = given.id FOR NO KEY UPDATE OFFSET 0) v
  WHERE v.product_id = $1 AND v.deleted_at IS NULL),
held AS MATERIALIZED (
  SELECT true AS all_held FROM variants HAVING count(*) = cardinality($2::text[]))"""

# Of what is given, nothing unless all variants are held.
_LINK = f"""{_HOLD},
items AS MATERIALIZED (
  SELECT i.id FROM held CROSS JOIN LATERAL unnest(CASE WHEN all_held THEN $3::text[] END)
    AS given(id) CROSS JOIN LATERAL (
    SELECT * FROM inventory_item i WHERE i.id = given.id FOR SHARE OFFSET 0) i
  WHERE i.deleted_at IS NULL)
INSERT INTO product_variant_inventory_item (id, variant_id, inventory_item_id, required_quantity)
SELECT given.* FROM (SELECT count(*) AS present FROM items) held CROSS JOIN LATERAL
  unnest($4::text[], $5::text[], $6::text[], {given_numbers(7)}) AS given
WHERE held.present = cardinality($3::text[])
ON CONFLICT (variant_id, inventory_item_id)
DO UPDATE SET required_quantity = excluded.required_quantity, updated_at = now()"""

_CHANGE_HELD = f"""{_HOLD}
UPDATE product_variant_inventory_item link
SET required_quantity = given.quantity, updated_at = now()
FROM held CROSS JOIN LATERAL
  unnest(CASE WHEN all_held THEN $3::text[] END, $4::text[], {given_numbers(5)})
  AS given(variant_id, item_id, quantity)
WHERE link.variant_id = given.variant_id AND link.inventory_item_id = given.item_id"""

_UNLINK_HELD = f"""{_HOLD},
gone AS (
  DELETE FROM product_variant_inventory_item link
  USING held CROSS JOIN LATERAL unnest(CASE WHEN all_held THEN $3::text[] END, $4::text[])
    AS given(variant_id, item_id)
  WHERE link.variant_id = given.variant_id AND link.inventory_item_id = given.item_id)
SELECT FROM held"""

_UPDATE = f"""
UPDATE product_variant_inventory_item link
SET required_quantity = given.quantity, updated_at = now()
FROM unnest($1::text[], $2::text[], {given_numbers(3)}) AS given(variant_id, item_id, quantity)
WHERE link.variant_id = given.variant_id AND link.inventory_item_id = given.item_id
RETURNING link.variant_id, link.inventory_item_id"""

_DELETE = """
DELETE FROM product_variant_inventory_item link
USING unnest($1::text[], $2::text[]) AS given(variant_id, item_id)
WHERE link.variant_id = given.variant_id AND link.inventory_item_id = given.item_id"""


class _Pair(Protocol):
    variant_id: str
    inventory_item_id: str


async def change_links(tx: Transaction, product_id: str, links: BatchLinks) -> None:
    """Delete, update and create links of one product's variants.

    Creating an existing link changes its quantity. Raises NotFound naming, by their paths in the
    batch, variants that are not live variants of this product, items that do not exist, and links
    to update that do not exist; InvalidData if a pair is created twice.
    """
    if await _change_at_once(tx, product_id, links):
        return
    named = _named(links)
    held = await hold_variants(tx, product_id, [given for given, _ in named])
    words = f"Variants with ids: {{}} were not found on product {product_id}"
    refuse_named([(given, path) for given, path in named if given not in held.own], words)
    await _change(tx, links)


async def change_links_of(tx: Transaction, owners: Mapping[str, str], links: BatchLinks) -> None:
    """The same for variants of several products (`owners`: variant id → product id)."""
    await lock_rows(tx, Product.__table__, owners.values(), shared=True)
    present = await lock_variants(tx, owners)
    missing = [(given, path) for given, path in _named(links) if given not in present]
    refuse_named(missing, "Variants with ids: {} were not found")
    await _change(tx, links)


async def _change(tx: Transaction, links: BatchLinks) -> None:
    """Change links of variants that are held."""
    await _check_items(tx, links.create)
    _refuse_repeats(links.create, "create")
    _refuse_repeats(links.update, "update")
    deletes, updates, creates = map(without_ids, (links.delete, links.update, links.create))
    await run_hooks(tx, INVENTORY_LINKS.deleting, deletes)
    await run_hooks(tx, INVENTORY_LINKS.updating, updates)
    await run_hooks(tx, INVENTORY_LINKS.creating, creates)
    await _delete(tx, links.delete)
    await _update(tx, links.update)
    await _create(tx, links.create)
    await run_hooks(tx, INVENTORY_LINKS.deleted, deletes)
    await run_hooks(tx, INVENTORY_LINKS.updated, updates)
    await run_hooks(tx, INVENTORY_LINKS.created, creates)


async def change_link(tx: Transaction, product_id: str, links: BatchLinks) -> None:
    """`change_links` for a single row whose fields are the body itself."""
    try:
        await change_links(tx, product_id, links)
    except MerxError as error:
        for problem in error.problems:
            problem["path"] = problem.get("path", "").partition(".")[2]
        raise


async def _change_at_once(tx: Transaction, product_id: str, links: BatchLinks) -> bool:
    """Hold, check and change links in one statement, if they are all created, all changed or all
    deleted, each once, and no hook wants to come in between; False if not, or if anything is
    missing.
    """
    if INVENTORY_LINKS.is_watched:
        return False
    given: Sequence[_Pair] = links.create or links.update or links.delete
    if len(given) < len(links.create) + len(links.update) + len(links.delete):
        return False
    variants, items = _columns(given)
    if not given or len(set(zip(variants, items, strict=True))) < len(given):
        return False
    held = sorted(set(variants))
    if links.delete:
        return await tx.execute(_UNLINK_HELD, product_id, held, variants, items) == "SELECT 1"
    quantities = _quantities(links.create or links.update)
    if links.update:
        status = await tx.execute(_CHANGE_HELD, product_id, held, variants, items, quantities)
        return status == f"UPDATE {len(given)}"
    ids, wanted = new_ids("pvitem", len(given)), sorted(set(items))
    status = await tx.execute(_LINK, product_id, held, wanted, ids, variants, items, quantities)
    return status != "INSERT 0 0"


def _named(links: BatchLinks) -> list[tuple[str, str]]:
    """The variants that the links name, each beside its path."""
    lists: dict[str, Sequence[_Pair]] = {
        "create": links.create,
        "update": links.update,
        "delete": links.delete,
    }
    return [
        (pair.variant_id, f"{word}[{place}].variant_id")
        for word, pairs in lists.items()
        for place, pair in enumerate(pairs)
    ]


async def _check_items(tx: Transaction, links: Sequence[BatchedLink]) -> None:
    wanted = list(dict.fromkeys(link.inventory_item_id for link in links))
    if not wanted:
        return
    present = await lock_items(tx, wanted)
    missing = [
        (link.inventory_item_id, f"create[{place}].inventory_item_id")
        for place, link in enumerate(links)
        if link.inventory_item_id not in present
    ]
    refuse_named(missing, "Inventory Items with ids: {} was not found")


def _refuse_repeats(links: Sequence[BatchedLink], word: str) -> None:
    seen: set[tuple[str, str]] = set()
    problems: list[Problem] = []
    for place, link in enumerate(links):
        pair = (link.variant_id, link.inventory_item_id)
        if pair in seen:
            message = f"Cannot associate duplicate inventory items to variant(s) {link.variant_id}"
            problems.append({"path": f"{word}[{place}]", "message": message})
        seen.add(pair)
    refuse(problems)


async def _delete(tx: Transaction, pairs: Sequence[_Pair]) -> None:
    if pairs:
        await tx.execute(_DELETE, *_columns(pairs))


async def _update(tx: Transaction, links: Sequence[BatchedLink]) -> None:
    if not links:
        return
    records = await tx.fetch(_UPDATE, *_columns(links), _quantities(links))
    if len(records) == len(links):
        return
    changed = {tuple(record) for record in records}
    problems: list[Problem] = [
        {
            "path": f"update[{place}]",
            "message": f"Variant {link.variant_id} does not use item {link.inventory_item_id}",
        }
        for place, link in enumerate(links)
        if (link.variant_id, link.inventory_item_id) not in changed
    ]
    raise NotFound("Could not find all existing links from data", problems=problems)


async def _create(tx: Transaction, links: Sequence[BatchedLink]) -> None:
    if not links:
        return
    ids = new_ids("pvitem", len(links))
    await tx.execute(_UPSERT, ids, *_columns(links), _quantities(links))


def _columns(pairs: Sequence[_Pair]) -> tuple[list[str], list[str]]:
    return [pair.variant_id for pair in pairs], [pair.inventory_item_id for pair in pairs]


def _quantities(links: Sequence[BatchedLink]) -> str:
    return sent_numbers([link.required_quantity for link in links])
