"""Create variants with their prices, options and inventory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from merx.batch import Insert, insert_all
from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem, below
from merx.core.ids import new_id
from merx.modules.inventory.models import InventoryItem
from merx.modules.inventory.service import explain_sku_clashes, lock_items
from merx.modules.pricing.models import Price, PriceRule, PriceSet
from merx.modules.pricing.prices import PriceRows, without_repeats
from merx.modules.pricing.service import check_currencies
from merx.modules.product.models import (
    ProductVariant,
    ProductVariantInventoryItem,
    ProductVariantOption,
)
from merx.modules.product.options import OfferedOptions, option_key
from merx.modules.product.schemas import VariantInput
from merx.modules.product.service import (
    UNIQUE_CODES,
    combined,
    explain_clashes,
    read_offered_options,
    taken,
)
from merx.outbox import emit_all

# Columns that a variant and its automatically made inventory item share.
_SHARED = ("sku", "origin_country", "hs_code", "mid_code", "material")
_MEASURES = ("weight", "length", "height", "width")
_COLUMNS = (
    "title", "sku", "ean", "upc", "barcode", "hs_code", "mid_code", "allow_backorder",
    "manage_inventory", "variant_rank", "weight", "length", "height", "width", "origin_country",
    "material", "metadata",
)  # fmt: skip


class Draft(NamedTuple):
    """A new variant of a product, and where in the request it stands."""

    product_id: str
    variant: VariantInput
    path: str


@dataclass(slots=True)
class _Rows:
    """All rows that a list of new variants needs, table by table."""

    variants: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    options: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    price_sets: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    prices: PriceRows = field(default_factory=PriceRows)
    items: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    links: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


async def create_variants(tx: Transaction, drafts: Sequence[Draft]) -> list[str]:
    """Create variants of locked products; their ids in the order of the drafts.

    Raises InvalidData that names every bad row by its path (`create[3].sku`).
    """
    if not drafts:
        return []
    inputs = [draft.variant for draft in drafts]
    offered = await read_offered_options(tx, list({draft.product_id: None for draft in drafts}))
    await check_currencies(tx, [price.currency_code for given in inputs for price in given.prices])
    await _check_items(tx, inputs)
    rows = _rows(drafts, offered)
    await _insert(tx, rows, [draft.path for draft in drafts])
    ids: list[str] = [row["id"] for row in rows.variants]
    item_ids: list[str] = [row["id"] for row in rows.items]
    await emit_all(tx, {"product-variant.created": ids, "inventory-item.created": item_ids})
    return ids


async def _insert(tx: Transaction, rows: _Rows, paths: Sequence[str]) -> None:
    _, variant_ids, item_ids = await insert_all(
        tx,
        Insert(PriceSet.__table__, rows.price_sets),
        Insert(ProductVariant.__table__, rows.variants, skip_conflicts=True, returning="id"),
        Insert(InventoryItem.__table__, rows.items, skip_conflicts=True, returning="id"),
    )
    if len(variant_ids) < len(rows.variants):
        lost = set(variant_ids)
        left_out = [place for place, row in enumerate(rows.variants) if row["id"] not in lost]
        raise await explain_clashes(
            tx, [rows.variants[place] for place in left_out], [paths[place] for place in left_out]
        )
    if len(item_ids) < len(rows.items):
        made = set(item_ids)
        raise await explain_sku_clashes(tx, [row for row in rows.items if row["id"] not in made])
    await insert_all(
        tx,
        Insert(ProductVariantOption.__table__, rows.options),
        Insert(Price.__table__, rows.prices.prices),
        Insert(PriceRule.__table__, rows.prices.rules),
        Insert(ProductVariantInventoryItem.__table__, rows.links),
    )


async def _check_items(tx: Transaction, drafts: Sequence[VariantInput]) -> None:
    wanted = {
        link.inventory_item_id: None
        for draft in drafts
        if draft.manage_inventory
        for link in draft.inventory_items
    }
    if not wanted:
        return
    present = await lock_items(tx, list(wanted))
    missing = [item_id for item_id in wanted if item_id not in present]
    if missing:
        raise InvalidData(f"Inventory Items with ids: {', '.join(missing)} was not found")


def _rows(drafts: Sequence[Draft], offered: Mapping[str, OfferedOptions]) -> _Rows:
    rows = _Rows()
    problems: list[Problem] = []
    for product_id, draft, path in drafts:
        chosen = _choose(draft, offered[product_id])
        if isinstance(chosen, str):
            problems.append({"path": below(path, "options"), "message": chosen})
            continue
        _add_variant(rows, product_id, draft, chosen)
        problems.extend(_add_inventory(rows, draft, path))
    if not problems:
        problems.extend(repeated(rows.variants, [draft.path for draft in drafts]))
    if problems:
        raise InvalidData(problems[0].get("message", ""), problems=problems)
    return rows


def _choose(draft: VariantInput, offered: OfferedOptions) -> list[str] | str:
    # A variant may name no options at all; one that names some must name them all.
    given = "options" in draft.model_fields_set
    return offered.choose(draft.options, draft.title) if given else []


def _add_variant(
    rows: _Rows, product_id: str, draft: VariantInput, value_ids: Sequence[str]
) -> None:
    variant_id, price_set_id = new_id("variant"), new_id("pset")
    rows.price_sets.append({"id": price_set_id})
    rows.variants.append(
        {
            "id": variant_id,
            **{name: getattr(draft, name) for name in _COLUMNS},
            "product_id": product_id,
            "price_set_id": price_set_id,
            "option_key": option_key(value_ids),
        }
    )
    rows.options.extend(
        {"variant_id": variant_id, "option_value_id": value_id} for value_id in value_ids
    )
    for price in without_repeats(draft.prices):
        rows.prices.add(price_set_id, price)


def _add_inventory(rows: _Rows, draft: VariantInput, path: str) -> list[Problem]:
    if not draft.manage_inventory:
        return []
    variant_id = rows.variants[-1]["id"]
    links = {link.inventory_item_id: link.required_quantity for link in draft.inventory_items}
    if len(links) < len(draft.inventory_items):
        message = f"Cannot associate duplicate inventory items to variant(s) {variant_id}"
        return [{"path": below(path, "inventory_items"), "message": message}]
    if not links:
        rows.items.append(item_for_variant(rows.variants[-1]))
        links = {rows.items[-1]["id"]: 1}
    rows.links.extend(
        link_row(variant_id, item_id, quantity) for item_id, quantity in links.items()
    )
    return []


def item_for_variant(variant: Any) -> dict[str, Any]:
    """The inventory item that a variant gets when none is named for it."""
    measures = {name: variant[name] for name in _MEASURES}
    return {
        "id": new_id("iitem"),
        **{name: variant[name] for name in _SHARED},
        # Stock is measured in whole units, as on the reference; the variant keeps its fractions.
        **{name: None if value is None else round(value) for name, value in measures.items()},
        "title": variant["title"],
        "description": variant["title"],
    }


def link_row(variant_id: str, item_id: str, quantity: Any) -> dict[str, Any]:
    """A link between a variant and an inventory item."""
    return {
        "id": new_id("pvitem"),
        "variant_id": variant_id,
        "inventory_item_id": item_id,
        "required_quantity": quantity,
    }


def repeated(variants: Sequence[dict[str, Any]], paths: Sequence[str]) -> list[Problem]:
    """Skus, codes and combinations that occur twice among the rows of one call."""
    problems: list[Problem] = []
    first: dict[tuple[str, str], str] = {}
    for variant, path in zip(variants, paths, strict=True):
        for name in (*UNIQUE_CODES, "option_key"):
            value = variant[name]
            if value is None:
                continue
            if name == "option_key":
                value = f"{variant['product_id']}:{value}"
            if (name, value) not in first:
                first[name, value] = variant["title"]
            elif name == "option_key":
                message = combined(first[name, value])
                problems.append({"path": below(path, "options"), "message": message})
            else:
                problems.append({"path": below(path, name), "message": taken(name, value)})
    return problems
