"""Updates variants: their columns, options, prices and whether they manage inventory."""

from collections.abc import Mapping, Sequence
from functools import partial

from merx.batch import Insert, Row, Update, delete_rows, explained, insert_all, update_rows
from merx.core import hooks
from merx.core.database import Transaction
from merx.core.errors import (
    InvalidData,
    MerxError,
    Problem,
    below,
    raise_all,
    refuse,
    refuse_named,
    refuse_repeated,
)
from merx.core.metadata import MOST_BYTES, merge_metadata
from merx.modules.product.hooks import VARIANTS
from merx.modules.product.models import (
    ProductVariant,
    ProductVariantOption,
)
from merx.modules.product.options import option_key
from merx.modules.product.service import (
    LockedVariant,
    clashing,
    find_clashes,
    lock_variants,
    name_not_offered,
    read_offered_options,
)
from merx.modules.product.updates import LockedUpdate, VariantUpdate
from merx.outbox import EventRow, event_rows
from merx.workflows.catalogue.create_variants import repeated
from merx.workflows.catalogue.variant_inventory import switch_inventory
from merx.workflows.pricing.replace_prices import PriceWrites, WantedPrices, replace_prices

_NO_ID = "Product variant ID is required when doing a batch update of product variants"
_UNIQUE = ("sku", "ean", "upc", "barcode", "option_key")
_NOT_COLUMNS = {"id", "prices", "options", "link_inventory_by_sku", "additional_data"}


async def update_variants(
    tx: Transaction,
    wanted: Sequence[VariantUpdate],
    *,
    held: Mapping[str, LockedVariant] | None = None,
    after_changes: bool = False,
) -> None:
    """Change variants of locked products.

    `held` are the live ones if the caller has locked them already. `after_changes` says that the
    call has deleted variants before. Raises InvalidData naming ids that are not live variants of
    their product, and every bad row by its path.
    """
    if not wanted:
        return
    if held is None:
        held = await lock_variants(tx, {one.id: one.product_id for one in wanted})
    _refuse_missing([one for one in wanted if one.id not in held])
    updates = [
        LockedUpdate(one.id, one.product_id, one.patch, one.path, held[one.id]) for one in wanted
    ]
    ids = [one.id for one in updates]
    is_watched = VARIANTS.is_watched
    rows = hooks.changes(ids, [one.patch for one in updates]) if is_watched else ()
    await hooks.run_hooks(tx, VARIANTS.updating, rows)
    chosen = await _choose_options(tx, [one for one in updates if one.gives("options")])
    left = await _change_rows(tx, updates, chosen, after_changes=after_changes)
    await _replace_options(tx, chosen)
    prices = await _replace_prices(tx, [one for one in updates if one.gives("prices")])
    made = await switch_inventory(tx, [one for one in updates if one.gives("manage_inventory")])
    events = event_rows({"product-variant.updated": ids, "inventory-item.created": made})
    await insert_all(
        tx,
        *prices.inserts,
        Insert(EventRow.__table__, events),
        updates=[*left, *prices.updates],
        deletes=prices.deletes,
    )
    await hooks.run_hooks(tx, VARIANTS.updated, rows)


def refuse_repeats(variants: Sequence[tuple[str, str]]) -> None:
    """Refuse a call that names a variant more than once; the ids are given with their paths."""
    refuse_repeated(variants, "Cannot update variants more than once in one call: {}")


def _refuse_missing(missing: Sequence[VariantUpdate]) -> None:
    refuse_named(
        [("", below(one.path, "id")) for one in missing if not one.id], _NO_ID, InvalidData
    )
    values = [(one.id, below(one.path, "id")) for one in missing]
    refuse_named(values, "Cannot update non-existing variants with ids: {}", InvalidData)


def _columns(update: LockedUpdate, value_ids: Sequence[str] | None) -> Row:
    patch = update.patch
    columns = {
        name: getattr(patch, name) for name in patch.model_fields_set if name not in _NOT_COLUMNS
    }
    if "metadata" in columns:
        present = update.present.metadata
        columns["metadata"] = merge_metadata(present, columns["metadata"], MOST_BYTES)
    if value_ids is not None:
        columns["option_key"] = option_key(value_ids)
    return columns


async def _choose_options(tx: Transaction, updates: Sequence[LockedUpdate]) -> dict[str, list[str]]:
    """The value ids of variants that get new options; `{}` removes all options."""
    if not updates:
        return {}
    offered = await read_offered_options(tx, (one.product_id for one in updates))
    chosen: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for one in updates:
        patch = one.patch
        title = patch.title if one.gives("title") else "undefined"
        ids = offered[one.product_id].choose(patch.options, title) if patch.options else []
        if isinstance(ids, str):
            problems.append({"path": below(one.path, "options"), "message": ids})
        else:
            chosen[one.id] = ids
    if problems:
        error = InvalidData.of(problems)
        raise_all([await name_not_offered(tx, list(offered), error)])
    return chosen


async def _change_rows(
    tx: Transaction,
    updates: Sequence[LockedUpdate],
    chosen: Mapping[str, Sequence[str]],
    *,
    after_changes: bool,
) -> list[Update]:
    """Change the rows; returns changes that nothing in between depends on, still to be made."""
    changes = {one.id: _columns(one, chosen.get(one.id)) for one in updates}
    unique = {
        given: values
        for given, change in changes.items()
        if (values := {name: change[name] for name in _UNIQUE if name in change})
    }
    if not unique:
        update = Update(ProductVariant.__table__, changes)
        # Items for variants that begin to manage stock are made from their rows.
        if update.is_possible and not any(one.gives("manage_inventory") for one in updates):
            return [update]
        await update_rows(tx, ProductVariant.__table__, changes)
        return []
    touched = [one for one in updates if one.id in unique]
    rows = [
        {
            **dict.fromkeys(_UNIQUE),
            **unique[one.id],
            "title": one.present.title,
            "product_id": one.product_id,
        }
        for one in touched
    ]
    paths = [one.path for one in touched]
    refuse(repeated(rows, paths))
    # A unique index is checked row by row: a swap would collide with itself.
    freed = {given: dict.fromkeys(values) for given, values in unique.items()}
    await update_rows(tx, ProductVariant.__table__, freed)
    changed = [(given, name) for given, values in unique.items() for name in values]
    explain = partial(_explain, rows, paths, changed)
    async with explained(tx, explain, after_changes=after_changes):
        await update_rows(tx, ProductVariant.__table__, changes)
    return []


async def _explain(
    rows: Sequence[Row],
    paths: Sequence[str],
    changed: Sequence[tuple[str, str]],
    connection: Transaction,
) -> MerxError:
    return clashing(await find_clashes(connection, rows, paths, changed))


async def _replace_options(tx: Transaction, chosen: Mapping[str, Sequence[str]]) -> None:
    await delete_rows(tx, ProductVariantOption.__table__, "variant_id", list(chosen))
    await insert_all(
        tx,
        Insert(
            ProductVariantOption.__table__,
            [
                {"variant_id": variant_id, "option_value_id": value_id}
                for variant_id, value_ids in chosen.items()
                for value_id in value_ids
            ],
        ),
    )


async def _replace_prices(tx: Transaction, updates: Sequence[LockedUpdate]) -> PriceWrites:
    if not updates:
        return PriceWrites()
    return await replace_prices(
        tx,
        [
            WantedPrices(one.id, one.present.price_set_id or "", one.patch.prices, one.path)
            for one in updates
        ],
    )
