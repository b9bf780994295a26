"""Side effects of a revert: option values and price sets of variants, and events."""

from collections.abc import Mapping, Sequence

from merx.core.database import Transaction
from merx.modules.audit.batches import Cells
from merx.outbox import emit_all

# A variant's option values are also stored in its `option_key`.
_OPTIONS = """
WITH wanted AS (
  SELECT v.id, value FROM unnest($1::text[]) AS given(id) JOIN product_variant v ON v.id = given.id,
    unnest(string_to_array(v.option_key, ',')) value WHERE v.deleted_at IS NULL),
gone AS (
  DELETE FROM product_variant_option had USING unnest($1::text[]) AS given(id), product_variant v
  WHERE had.variant_id = given.id AND v.id = given.id AND v.deleted_at IS NULL
    AND NOT EXISTS (SELECT FROM wanted
                    WHERE wanted.id = had.variant_id AND wanted.value = had.option_value_id))
INSERT INTO product_variant_option (variant_id, option_value_id)
SELECT id, value FROM wanted ON CONFLICT DO NOTHING"""

_PRICE_SETS = """
UPDATE price_set set_of SET deleted_at = v.deleted_at, updated_at = now()
FROM unnest($1::text[]) AS given(id) JOIN product_variant v ON v.id = given.id
WHERE set_of.id = v.price_set_id AND set_of.deleted_at IS DISTINCT FROM v.deleted_at"""

_PRICED = """
SELECT id FROM product_variant WHERE price_set_id = ANY($1::text[]) AND deleted_at IS NULL"""

# Tables whose changes emit events, which are named after them.
_TOLD = (
    "product",
    "product_variant",
    "product_type",
    "product_tag",
    "product_collection",
    "product_category",
    "product_option",
    "price",
    "price_list",
    "price_preference",
    "inventory_item",
    "inventory_level",
)
_MOMENTS = ("created", "updated", "deleted")


async def follow_variants(tx: Transaction, ids: Sequence[str]) -> None:
    """Make option values and price sets consistent with their variants."""
    await tx.execute(_OPTIONS, list(ids))
    await tx.execute(_PRICE_SETS, list(ids))


async def emit_reverted(
    tx: Transaction,
    rows: Mapping[str, tuple[Sequence[str], Sequence[str], Sequence[str]]],
    cells: Sequence[Cells | None],
) -> None:
    """Emit the events of ordinary changes. `rows` has the created, updated and deleted ids of each
    table, `cells` all states of all rows.
    """
    events: dict[str, list[str]] = {}
    for name in _TOLD:
        # The function that deletes levels emits their events itself.
        moments = _MOMENTS[:2] if name == "inventory_level" else _MOMENTS
        for moment, ids in zip(moments, rows.get(name, ((), (), ())), strict=False):
            events[f"{name.replace('_', '-')}.{moment}"] = list(ids)
    sets = {one["price_set_id"] for one in cells if one and one.get("price_set_id")}
    priced = [record[0] for record in await tx.fetch(_PRICED, sorted(filter(None, sets)))]
    products = {one["product_id"] for one in cells if one and one.get("product_id")}
    _add(events, "product-variant", priced)
    _add(events, "product", sorted(filter(None, products)))
    await emit_all(tx, {name: ids for name, ids in events.items() if ids})


def _add(events: dict[str, list[str]], stem: str, ids: Sequence[str]) -> None:
    """Add an `updated` event for ids that have no event yet."""
    known = {one for moment in _MOMENTS for one in events.get(f"{stem}.{moment}", ())}
    events.setdefault(f"{stem}.updated", []).extend(one for one in ids if one not in known)
