"""Variants of a bulk job."""

from typing import Any

from merx.batch import lock_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.modules.product.models import Product
from merx.modules.product.schemas import VariantInput, VariantPatch
from merx.modules.product.updates import VariantUpdate
from merx.workflows.bulk.rows import NEW_KEYS, Key
from merx.workflows.bulk.step import Done, Nothing, Step, find_named, find_rows, not_found
from merx.workflows.catalogue.create_variants import Draft, create_variants
from merx.workflows.catalogue.delete_variants import drop_variants
from merx.workflows.catalogue.update_variants import update_variants

_PRODUCT_KEYS = NEW_KEYS["variant"][0]


async def write_variants(tx: Transaction, step: Step) -> None:
    """Create, update and delete variants of any products."""
    op = step.rows[0].op
    if op == "create":
        owners = await find_named(tx, step, "product", 0)
        named = {place: record["id"] for place, record in owners.items()}
        await _create(tx, step, named, after_changes=False)
        return
    missing = op in ("delete", "upsert")
    found = await find_named(tx, step, "product_variant", 0, "product_id", missing=missing)
    if op == "delete":
        await _delete(tx, step, found)
        return
    new = {place for place, _ in step.left() if place not in found}
    owners = await _owners_of_new(tx, step, found) if op == "upsert" else {}
    await _hold_products(tx, [*owners.values(), *(row["product_id"] for row in found.values())])
    await _update(tx, step, found)
    await _create(
        tx, step, {place: owners[place] for place in new & set(owners)}, after_changes=bool(found)
    )


async def _hold_products(tx: Transaction, ids: list[str]) -> set[str]:
    """The live products among the ids, locked so that they and their options stay."""
    records = await lock_rows(tx, Product.__table__, ids, shared=True)
    return {record["id"] for record in records}


async def _update(tx: Transaction, step: Step, found: dict[int, Any]) -> None:
    updates: dict[int, VariantUpdate] = {}
    for place, row in list(step.left()):
        if place not in found:
            continue
        values = {name: row.values[name] for name in row.values if name not in _PRODUCT_KEYS}
        patch = step.checked(place, VariantPatch, values if row.op == "upsert" else row.values)
        if patch is not None:
            path = f"update[{len(updates)}]"
            variant_id, product_id = found[place]["id"], found[place]["product_id"]
            updates[place] = VariantUpdate(variant_id, product_id, patch, path)
            step.note(path, place)
    await update_variants(tx, list(updates.values()))
    for place, one in updates.items():
        step.done[place] = Done(one.id, "updated")


async def _create(
    tx: Transaction, step: Step, owners: dict[int, str], *, after_changes: bool
) -> None:
    """Create variants; `owners` are the ids of their products."""
    held = await _hold_products(tx, list(owners.values()))
    drafts: list[Draft] = []
    places: list[int] = []
    for place, row in list(step.left()):
        if place not in owners:
            continue
        if owners[place] not in held:
            step.blame(place, not_found("product", Key("product_id", owners[place])))
            continue
        values = {name: row.values[name] for name in row.values if name not in _PRODUCT_KEYS}
        if row.op == "upsert":
            given = {name: row.new[name] for name in row.new if name not in _PRODUCT_KEYS}
            values = {**values, **given, row.keys[0].name: row.keys[0].value}
        body = step.checked(place, VariantInput, values)
        if body is not None:
            path = f"create[{len(drafts)}]"
            step.note(path, place)
            drafts.append(Draft(owners[place], body, path))
            places.append(place)
    ids = await create_variants(tx, drafts, after_changes=after_changes)
    for place, variant_id in zip(places, ids, strict=True):
        step.done[place] = Done(variant_id, "created")


async def _owners_of_new(tx: Transaction, step: Step, found: dict[int, Any]) -> dict[int, str]:
    """The products of upserts with a new variant, by position; an existing variant must belong to
    the product of its line.
    """
    named: dict[int, Key] = {}
    for place, row in list(step.left()):
        given = {**row.values, **row.new}
        name = next((one for one in _PRODUCT_KEYS if given.get(one) is not None), None)
        if name is not None:
            named[place] = Key(name, str(given[name]))
        elif place not in found:
            step.blame(place, _nameless(step, place))
    owners: dict[int, str] = {}
    for name in _PRODUCT_KEYS:
        keys = {place: key for place, key in named.items() if key.name == name}
        column = name.removeprefix("product_")
        records = await find_rows(tx, "product", column, [key.value for key in keys.values()])
        for place, key in keys.items():
            ids = [record["id"] for record in records.get(key.value, [])]
            if len(ids) != 1 or (place in found and found[place]["product_id"] != ids[0]):
                step.blame(place, _stranger(key, len(ids)))
            elif place not in found:
                owners[place] = ids[0]
    return owners


def _nameless(step: Step, place: int) -> InvalidData:
    """The error for a new variant without a product, or without a sku to identify it."""
    row = step.rows[place]
    if row.keys[0].name == "id":
        error = not_found("product_variant", row.keys[0])
        return InvalidData(error.message, problems=error.problems)
    words = f"The variant is new: name its product by {' or '.join(_PRODUCT_KEYS)}"
    return InvalidData(
        words, problems=[{"path": _PRODUCT_KEYS[0], "code": "required", "message": words}]
    )


def _stranger(key: Key, count: int) -> InvalidData:
    column = key.name.removeprefix("product_")
    words = {
        0: f"Product with {column}: {key.value} was not found",
        1: f"The variant belongs to another product than that of {column}: {key.value}",
    }.get(count, f"{count} products have {column}: {key.value}; name the product by its id")
    code = "not_found" if count == 0 else "invalid"
    return InvalidData(words, problems=[{"path": key.name, "code": code, "message": words}])


async def _delete(tx: Transaction, step: Step, found: dict[int, Any]) -> None:
    await _hold_products(tx, [record["product_id"] for record in found.values()])
    places: dict[str, int] = {}
    for place, row in list(step.left()):
        if row.values:
            step.checked(place, Nothing, row.values)
        elif place not in found:
            step.done[place] = Done(None, "none")
        else:
            places[found[place]["id"]] = place
            step.note(f"delete[{len(places) - 1}]", place)
    await drop_variants(tx, list(places))
    for variant_id, place in places.items():
        step.done[place] = Done(variant_id, "deleted")
