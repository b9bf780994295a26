"""Inventory links of a bulk job: the items of a variant, with required quantities."""

from typing import Any, NamedTuple

from merx.core.database import Transaction
from merx.core.errors import NotFound, Problem
from merx.core.kinds import Input, Positive
from merx.modules.product.schemas import BatchedLink, BatchedUnlink, BatchLinks
from merx.workflows.bulk.step import Done, Nothing, Step, find_named, taken
from merx.workflows.catalogue.link_inventory import change_links_of

_FIND = """
SELECT link.variant_id, link.inventory_item_id, link.id
FROM unnest($1::text[], $2::text[]) AS given(variant_id, item_id)
CROSS JOIN LATERAL (
  SELECT * FROM product_variant_inventory_item l
  WHERE l.variant_id = given.variant_id AND l.inventory_item_id = given.item_id OFFSET 0) link"""

_PLACE = "The variant takes no such item"


class _Quantity(Input):
    required_quantity: Positive


class _Pair(NamedTuple):
    variant_id: str
    item_id: str


async def write_links(tx: Transaction, step: Step) -> None:
    """Create, update and delete links of variants of any products."""
    missing = step.rows[0].op == "delete"
    variants = await find_named(tx, step, "product_variant", 0, "product_id", missing=missing)
    items = await find_named(tx, step, "inventory_item", 1, missing=missing)
    pairs = {
        place: _Pair(variants[place]["id"], items[place]["id"])
        for place, _ in step.left()
        if place in variants and place in items
    }
    before = await _find(tx, list(pairs.values()))
    links = BatchLinks()
    for place, row in list(step.left()):
        model = Nothing if row.op == "delete" else _Quantity
        body = step.checked(place, model, row.values)
        if body is not None:
            _add(step, links, place, pairs.get(place), before, body)
    changed = [*links.create, *links.update, *links.delete]
    ids = {link.variant_id for link in changed}
    owners = {row["id"]: row["product_id"] for row in variants.values() if row["id"] in ids}
    await change_links_of(tx, owners, links)
    after = await _find(tx, list(pairs.values()))
    for place, row in list(step.left()):
        if row.op != "delete":
            change = "updated" if pairs[place] in before else "created"
            step.done[place] = Done(after.get(pairs[place]), change)


async def _find(tx: Transaction, pairs: list[_Pair]) -> dict[_Pair, str]:
    """The ids of the existing links."""
    if not pairs:
        return {}
    records = await tx.fetch(_FIND, *map(list, zip(*pairs, strict=True)))
    return {_Pair(record[0], record[1]): record[2] for record in records}


def _add(
    step: Step,
    links: BatchLinks,
    place: int,
    pair: _Pair | None,
    before: dict[_Pair, str],
    body: Any,
) -> None:
    op = step.rows[place].op
    known = before.get(pair) if pair else None
    if op == "delete":
        step.done[place] = Done(known, "deleted" if known else "none")
        if pair and known:
            step.note(f"delete[{len(links.delete)}]", place)
            links.delete.append(_unlink(pair))
        return
    assert pair is not None
    if op == "create" and known is not None:
        step.blame(place, taken("inventory_link", step.rows[place].keys[1].name, known))
    elif op == "update" and known is None:
        problem: Problem = {
            "path": step.rows[place].keys[1].name, "code": "not_found", "message": _PLACE
        }  # fmt: skip
        step.blame(place, NotFound(_PLACE, problems=[problem]))
    else:
        name, rows = ("update", links.update) if known else ("create", links.create)
        step.note(f"{name}[{len(rows)}]", place)
        rows.append(_link(pair, body))


def _link(pair: _Pair, body: _Quantity) -> BatchedLink:
    return BatchedLink.model_construct(
        required_quantity=body.required_quantity,
        inventory_item_id=pair.item_id,
        variant_id=pair.variant_id,
    )


def _unlink(pair: _Pair) -> BatchedUnlink:
    return BatchedUnlink(inventory_item_id=pair.item_id, variant_id=pair.variant_id)
