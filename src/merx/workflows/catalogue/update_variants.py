"""Updates variants: their columns, options, prices and whether they manage inventory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from merx.batch import Insert, Patch, Row, delete_rows, explained, insert_all, update_rows
from merx.core import hooks
from merx.core.database import Transaction
from merx.core.errors import InvalidData, MerxError, Problem, below, raise_all, refuse
from merx.core.metadata import MOST_BYTES, merge_metadata
from merx.modules.pricing.service import check_currencies
from merx.modules.product.hooks import VARIANTS
from merx.modules.product.models import (
    ProductVariant,
    ProductVariantOption,
)
from merx.modules.product.options import option_key
from merx.modules.product.schemas import VariantPatch
from merx.modules.product.service import (
    LockedVariant,
    clashing,
    find_clashes,
    lock_variants,
    name_not_offered,
    read_offered_options,
)
from merx.outbox import emit_all
from merx.workflows.catalogue.create_variants import repeated
from merx.workflows.catalogue.variant_inventory import switch_inventory
from merx.workflows.pricing.price_rules import check_price_rules, rules_of_rows
from merx.workflows.pricing.replace_prices import replace_prices

_UNIQUE = ("sku", "ean", "upc", "barcode", "option_key")
_NOT_COLUMNS = {"id", "prices", "options", "link_inventory_by_sku", "additional_data"}

Patches = Mapping[str, VariantPatch]


async def update_variants(
    tx: Transaction,
    owners: Mapping[str, str],
    patches: Patches,
    paths: Mapping[str, str],
    *,
    after_changes: bool = False,
) -> None:
    """Change variants of locked products (`owners`: variant id → product id), each by its patch.

    `after_changes` says that the call has deleted variants before. Raises InvalidData naming ids
    that are not live variants of their product, and every bad row by its path.
    """
    if not patches:
        return
    present = await lock_variants(tx, owners)
    _refuse_missing([variant_id for variant_id in patches if variant_id not in present], paths)
    rows = hooks.changes(patches, patches.values())
    await hooks.run_hooks(tx, VARIANTS.updating, rows)
    chosen = await _choose_options(tx, owners, patches, paths)
    changes = {
        variant_id: _columns(patch, present[variant_id], chosen.get(variant_id))
        for variant_id, patch in patches.items()
    }
    await _change_rows(tx, owners, changes, present, paths, after_changes=after_changes)
    await _replace_options(tx, chosen)
    await _replace_prices(tx, patches, present, paths)
    made = await switch_inventory(tx, patches, present, paths)
    await emit_all(tx, {"product-variant.updated": list(patches), "inventory-item.created": made})
    await hooks.run_hooks(tx, VARIANTS.updated, rows)


def refuse_repeats(ids: Sequence[str], at: str) -> None:
    """Refuse a list, at the path `at`, that names a variant more than once."""
    counts = Counter(filter(None, ids))
    repeated = [variant_id for variant_id, count in counts.items() if count > 1]
    if not repeated:
        return
    words = "Cannot update variants more than once in one call: {}"
    problems: list[Problem] = [
        {"path": f"{at}[{place}].id", "message": words.format(given)}
        for place, given in enumerate(ids)
        if counts[given] > 1
    ]
    raise InvalidData(words.format(", ".join(repeated)), problems=problems)


def _refuse_missing(missing: Sequence[str], paths: Mapping[str, str]) -> None:
    if not missing:
        return
    words = "Cannot update non-existing variants with ids: {}"
    problems: list[Problem] = [
        {"path": below(paths[variant_id], "id"), "message": words.format(variant_id)}
        for variant_id in missing
    ]
    raise InvalidData(words.format(", ".join(missing)), problems=problems)


def _columns(patch: VariantPatch, variant: LockedVariant, value_ids: Sequence[str] | None) -> Row:
    columns = {
        name: getattr(patch, name) for name in patch.model_fields_set if name not in _NOT_COLUMNS
    }
    if "metadata" in columns:
        columns["metadata"] = merge_metadata(variant.metadata, columns["metadata"], MOST_BYTES)
    if value_ids is not None:
        columns["option_key"] = option_key(value_ids)
    return columns


async def _choose_options(
    tx: Transaction, owners: Mapping[str, str], patches: Patches, paths: Mapping[str, str]
) -> dict[str, list[str]]:
    """The value ids of variants that get new options; `{}` removes all options."""
    changed = {
        variant_id: patch
        for variant_id, patch in patches.items()
        if "options" in patch.model_fields_set
    }
    if not changed:
        return {}
    offered = await read_offered_options(tx, (owners[variant_id] for variant_id in changed))
    chosen: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for variant_id, patch in changed.items():
        title = patch.title if "title" in patch.model_fields_set else "undefined"
        ids = offered[owners[variant_id]].choose(patch.options, title) if patch.options else []
        if isinstance(ids, str):
            problems.append({"path": below(paths[variant_id], "options"), "message": ids})
        else:
            chosen[variant_id] = ids
    if problems:
        error = InvalidData.of(problems)
        raise_all([await name_not_offered(tx, list(offered), error)])
    return chosen


async def _change_rows(
    tx: Transaction,
    owners: Mapping[str, str],
    changes: Mapping[str, Patch],
    present: Mapping[str, LockedVariant],
    paths: Mapping[str, str],
    *,
    after_changes: bool,
) -> None:
    unique = {
        variant_id: {name: change[name] for name in _UNIQUE if name in change}
        for variant_id, change in changes.items()
    }
    unique = {variant_id: values for variant_id, values in unique.items() if values}
    if not unique:
        await update_rows(tx, ProductVariant.__table__, changes)
        return
    rows = [
        {
            **dict.fromkeys(_UNIQUE),
            **values,
            "title": present[variant_id].title,
            "product_id": owners[variant_id],
        }
        for variant_id, values in unique.items()
    ]
    row_paths = [paths[variant_id] for variant_id in unique]
    problems = repeated(rows, row_paths)
    refuse(problems)
    # A unique index is checked row by row: a swap would collide with itself.
    freed = {variant_id: dict.fromkeys(values) for variant_id, values in unique.items()}
    await update_rows(tx, ProductVariant.__table__, freed)
    changed = [(given, name) for given, values in unique.items() for name in values]
    explain = partial(_explain, rows, row_paths, changed)
    async with explained(tx, explain, after_changes=after_changes):
        await update_rows(tx, ProductVariant.__table__, changes)


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


async def _replace_prices(
    tx: Transaction,
    patches: Patches,
    present: Mapping[str, LockedVariant],
    paths: Mapping[str, str],
) -> None:
    wanted = {
        variant_id: patch.prices
        for variant_id, patch in patches.items()
        if "prices" in patch.model_fields_set
    }
    if not wanted:
        return
    named = [(paths[variant_id], prices) for variant_id, prices in wanted.items()]
    unknown = await check_currencies(tx, named)
    raise_all([unknown, await check_price_rules(tx, rules_of_rows(named))])
    sets = {variant_id: present[variant_id].price_set_id or "" for variant_id in wanted}
    await replace_prices(tx, sets, wanted, paths)
