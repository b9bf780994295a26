"""Products of a bulk job."""

from typing import Any

from merx.core.database import Transaction
from merx.core.shapes import Json
from merx.modules.product.schemas import BatchedProductPatch, BatchProducts, ProductInput
from merx.workflows.bulk.rows import Row
from merx.workflows.bulk.step import Done, Nothing, Step, find_named, not_found
from merx.workflows.catalogue.batch_products import batch_products


async def write_products(tx: Transaction, step: Step) -> None:
    """Create, update and delete products."""
    found: dict[int, Any] = {}
    if step.rows[0].op != "create":
        missing = step.rows[0].op in ("delete", "upsert")
        found = await find_named(tx, step, "product", 0, missing=missing)
    batch = BatchProducts()
    places: dict[str, list[int]] = {"create": [], "update": [], "delete": []}
    for place, row in list(step.left()):
        product_id = found[place]["id"] if place in found else None
        if row.op == "delete":
            _add_deletion(step, batch, places, place, product_id)
        elif product_id is not None:
            patch = step.checked(place, BatchedProductPatch, {**row.values, "id": product_id})
            if patch is not None:
                _add(step, batch.update, patch, "update", places, place)
        elif row.op == "upsert" and row.keys[0].name == "id":
            step.blame(place, not_found("product", row.keys[0]))
        else:
            body = step.checked(place, ProductInput, _new(row))
            if body is not None:
                _add(step, batch.create, body, "create", places, place)
    created, updated = await batch_products(tx, batch)
    for name, ids in (("create", created), ("update", updated), ("delete", batch.delete)):
        for place, product_id in zip(places[name], ids, strict=True):
            step.done[place] = Done(product_id, f"{name}d")


def _new(row: Row) -> Json:
    return {**row.values, **row.new, **{key.name: key.value for key in row.keys}}


def _add(
    step: Step, rows: list[Any], body: Any, name: str, places: dict[str, list[int]], place: int
) -> None:
    step.note(f"{name}[{len(rows)}]", place)
    rows.append(body)
    places[name].append(place)


def _add_deletion(
    step: Step,
    batch: BatchProducts,
    places: dict[str, list[int]],
    place: int,
    product_id: str | None,
) -> None:
    row = step.rows[place]
    if row.values:
        step.checked(place, Nothing, row.values)
    elif product_id is None:
        step.done[place] = Done(None, "none")
    else:
        _add(step, batch.delete, product_id, "delete", places, place)
