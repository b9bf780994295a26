"""Creates variants with their prices, options and inventory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import orjson

from merx.batch import Insert, Row, explained, insert_all
from merx.core.database import Transaction
from merx.core.errors import InvalidData, MerxError, Problem, below, raise_all
from merx.core.hooks import changes, run_hooks, without_ids
from merx.core.ids import new_id
from merx.modules.inventory.models import InventoryItem
from merx.modules.inventory.service import find_sku_clashes, find_unlinked_items, lock_items
from merx.modules.pricing.models import Price, PriceRule, PriceSet
from merx.modules.pricing.prices import PriceRows, without_repeats
from merx.modules.pricing.service import (
    UNKNOWN_CURRENCIES,
    currency_codes,
    no_currency,
)
from merx.modules.product.hooks import VARIANTS
from merx.modules.product.models import (
    ProductVariant,
    ProductVariantInventoryItem,
    ProductVariantOption,
)
from merx.modules.product.options import OfferedOptions, option_key
from merx.modules.product.schemas import VariantInput
from merx.modules.product.service import (
    OFFERED,
    UNIQUE_CODES,
    clashing,
    combined,
    find_clashes,
    name_not_offered,
    offered_options,
    taken,
)
from merx.outbox import EventRow, event_rows
from merx.workflows.catalogue.variant_inventory import (
    item_for_variant,
    link_row,
    missing_items,
)
from merx.workflows.pricing.price_rules import check_price_rules, rules_of_rows

_CONTEXT = f"""
SELECT (SELECT coalesce(json_agg(o), '[]') FROM ({OFFERED}) o) AS options,
  ARRAY({UNKNOWN_CURRENCIES.format(codes="$2")}) AS unknown_currencies"""

_COLUMNS = (
    "title", "sku", "ean", "upc", "barcode", "hs_code", "mid_code", "allow_backorder",
    "manage_inventory", "variant_rank", "weight", "length", "height", "width", "origin_country",
    "material", "metadata",
)  # fmt: skip


class Draft(NamedTuple):
    """A new variant of a product, and its path in the request."""

    product_id: str
    variant: VariantInput
    path: str


@dataclass(slots=True)
class _Rows:
    """All rows that a list of new variants needs, by table.

    `paths` and `item_paths` tell where in the request a variant or an item comes from.
    """

    paths: list[str] = field(default_factory=list[str])
    item_paths: list[str] = field(default_factory=list[str])
    variants: list[Row] = field(default_factory=list[Row])
    options: list[Row] = field(default_factory=list[Row])
    price_sets: list[Row] = field(default_factory=list[Row])
    prices: PriceRows = field(default_factory=PriceRows)
    items: list[Row] = field(default_factory=list[Row])
    links: list[Row] = field(default_factory=list[Row])


async def create_variants(
    tx: Transaction, drafts: Sequence[Draft], *, after_changes: bool = False
) -> list[str]:
    """Create variants of locked products; returns their ids in the order of the drafts.

    `after_changes` says that the call has deleted or changed variants before. Raises InvalidData
    naming every bad row by its path (`create[3].sku`).
    """
    if not drafts:
        return []
    bodies = [draft.variant for draft in drafts]
    is_watched = VARIANTS.is_watched
    await run_hooks(tx, VARIANTS.creating, without_ids(bodies) if is_watched else ())
    offered, no_price = await _read_context(tx, drafts)
    no_item = await _check_items(tx, drafts)
    rows, bad_row = _rows(drafts, offered, await _find_linkable(tx, drafts))
    bad_row = await name_not_offered(tx, list(offered), bad_row)
    given = [(draft.path, draft.variant.prices) for draft in drafts]
    no_thing = await check_price_rules(tx, rules_of_rows(given))
    raise_all([no_price, no_item, bad_row, no_thing])
    ids: list[str] = [row["id"] for row in rows.variants]
    item_ids: list[str] = [row["id"] for row in rows.items]
    events = event_rows({"product-variant.created": ids, "inventory-item.created": item_ids})
    async with explained(tx, partial(_explain, rows), after_changes=after_changes):
        await insert_all(
            tx,
            Insert(PriceSet.__table__, rows.price_sets),
            Insert(ProductVariant.__table__, rows.variants),
            Insert(ProductVariantOption.__table__, rows.options),
            Insert(Price.__table__, rows.prices.prices),
            Insert(PriceRule.__table__, rows.prices.rules),
            Insert(InventoryItem.__table__, rows.items),
            Insert(ProductVariantInventoryItem.__table__, rows.links),
            Insert(EventRow.__table__, events),
        )
    await run_hooks(tx, VARIANTS.created, changes(ids, bodies) if is_watched else ())
    return ids


async def _explain(rows: _Rows, connection: Transaction) -> MerxError:
    problems = await find_clashes(connection, rows.variants, rows.paths)
    return clashing(
        problems
        or await find_sku_clashes(connection, [item["sku"] for item in rows.items], rows.item_paths)
    )


async def _read_context(
    tx: Transaction, drafts: Sequence[Draft]
) -> tuple[dict[str, OfferedOptions], InvalidData | None]:
    """The options that the products offer, and problems with currencies, in one statement."""
    product_ids = list({draft.product_id: None for draft in drafts})
    wanted = [(draft.path, draft.variant.prices) for draft in drafts]
    record = await tx.fetchrow(_CONTEXT, product_ids, currency_codes(wanted))
    assert record is not None
    offered = offered_options(product_ids, orjson.loads(record["options"]))
    return offered, no_currency(wanted, record["unknown_currencies"])


async def _check_items(tx: Transaction, drafts: Sequence[Draft]) -> InvalidData | None:
    wanted = [
        (link.inventory_item_id, below(path, f"inventory_items[{place}].inventory_item_id"))
        for _, draft, path in drafts
        if draft.manage_inventory
        for place, link in enumerate(draft.inventory_items)
    ]
    ids = list(dict.fromkeys(item_id for item_id, _ in wanted))
    present = await lock_items(tx, ids) if ids else set[str]()
    return missing_items([(item_id, path) for item_id, path in wanted if item_id not in present])


async def _find_linkable(tx: Transaction, drafts: Sequence[Draft]) -> dict[str, str]:
    """The items, by sku, that drafts ask to be linked to instead of creating their own."""
    skus = [
        draft.sku
        for _, draft, _ in drafts
        if draft.link_inventory_by_sku and draft.manage_inventory and draft.sku
    ]
    return await find_unlinked_items(tx, skus)


def _rows(
    drafts: Sequence[Draft], offered: Mapping[str, OfferedOptions], linkable: Mapping[str, str]
) -> tuple[_Rows, InvalidData | None]:
    """The rows of the valid drafts, and the problems of the others."""
    rows = _Rows()
    problems: list[Problem] = []
    for product_id, draft, path in drafts:
        chosen = _choose(draft, offered[product_id])
        if isinstance(chosen, str):
            problems.append({"path": below(path, "options"), "message": chosen})
            continue
        rows.paths.append(path)
        _add_variant(rows, product_id, draft, chosen)
        item_id = linkable.get(draft.sku or "") if draft.link_inventory_by_sku else None
        problems.extend(_add_inventory(rows, draft, path, item_id))
    problems.extend(repeated(rows.variants, rows.paths))
    error = InvalidData.of(problems) if problems else None
    return rows, error


def _choose(draft: VariantInput, offered: OfferedOptions) -> list[str] | str:
    # A variant may have no options at all, but if it has any it must have all of them.
    given = "options" in draft.model_fields_set
    return offered.choose(draft.options, draft.title) if given else []


def _add_variant(
    rows: _Rows, product_id: str, draft: VariantInput, value_ids: Sequence[str]
) -> None:
    variant_id, price_set_id, values = new_id("variant"), new_id("pset"), draft.__dict__
    rows.price_sets.append({"id": price_set_id})
    rows.variants.append(
        {
            "id": variant_id,
            **{name: values[name] for name in _COLUMNS},
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


def _add_inventory(
    rows: _Rows, draft: VariantInput, path: str, item_id: str | None
) -> list[Problem]:
    if not draft.manage_inventory:
        return []
    variant_id = rows.variants[-1]["id"]
    links = {link.inventory_item_id: link.required_quantity for link in draft.inventory_items}
    if len(links) < len(draft.inventory_items):
        message = f"Cannot associate duplicate inventory items to variant(s) {variant_id}"
        return [{"path": below(path, "inventory_items"), "message": message}]
    if not links and item_id is not None:
        links = {item_id: 1}
    elif not links:
        rows.items.append(item_for_variant(rows.variants[-1]))
        rows.item_paths.append(path)
        links = {rows.items[-1]["id"]: 1}
    rows.links.extend(
        link_row(variant_id, item_id, quantity) for item_id, quantity in links.items()
    )
    return []


def repeated(variants: Sequence[Row], paths: Sequence[str]) -> list[Problem]:
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
                problems.append(
                    {"path": below(path, "options"), "code": "repeated", "message": message}
                )
            else:
                message = taken(name, value)
                problems.append({"path": below(path, name), "code": "repeated", "message": message})
    return problems
