"""/admin/products/{id}/variants/…/inventory-items: links between variants and stock."""

from itertools import chain
from typing import Any, NotRequired

from fastapi import Request, Response
from typing_extensions import TypedDict

from merx.api.admin.products.resources import VARIANT
from merx.core.money import plain_number
from merx.modules.product.schemas import (
    BatchedLink,
    BatchedUnlink,
    BatchLinks,
    CreateLink,
    LinkQuantity,
)
from merx.web.answers import answers, answers_deleted
from merx.web.bodies import check_rows
from merx.web.queries import read_query
from merx.web.reads import find_one, note_rows, wrap
from merx.web.router import Router
from merx.web.transactions import Write
from merx.workflows.catalogue.link_inventory import change_link, change_links

router = Router(prefix="/products/{id}/variants", tags=["variants"])

_LINKS = "id,inventory_items.inventory_item_id,inventory_items.required_quantity"


class Pair(TypedDict):
    """A variant and one of its inventory items."""

    product: dict[str, str]
    inventory: dict[str, str]


class Link(Pair):
    """A variant and one of its inventory items; `data` for a link that exists now."""

    data: NotRequired[dict[str, Any]]


_LINKED = VARIANT.parameters | answers(created=list[Link], updated=list[Link], deleted=list[Link])


@router.post("/inventory-items/batch", openapi_extra=_LINKED)
async def batch(id: str, request: Request, body: BatchLinks, tx: Write) -> Response:
    """Link, change and unlink many pairs, all or none."""
    check_rows(request, len(body.create), len(body.update), len(body.delete))
    read_query(request, VARIANT)
    await change_links(tx, id, body)
    changed = (link.variant_id for link in chain(body.create, body.update, body.delete))
    await note_rows(tx, VARIANT, changed, _LINKS)
    return wrap(
        created=[{**_pair(link), "data": _quantity(link)} for link in body.create],
        updated=[{**_pair(link), "data": _quantity(link)} for link in body.update],
        deleted=[_pair(link) for link in body.delete],
    )


@router.post("/{variant_id}/inventory-items", openapi_extra=VARIANT.parameters)
async def create(
    id: str, variant_id: str, request: Request, body: CreateLink, tx: Write
) -> Response:
    """Link an item to the variant, or change the quantity of an existing link."""
    query = read_query(request, VARIANT)
    link = BatchedLink(
        variant_id=variant_id,
        inventory_item_id=body.inventory_item_id,
        required_quantity=body.required_quantity,
    )
    await change_link(tx, id, BatchLinks(create=[link]))
    return wrap(variant=await find_one(tx, VARIANT, variant_id, query))


@router.post("/{variant_id}/inventory-items/{inventory_item_id}", openapi_extra=VARIANT.parameters)
async def update(
    id: str,
    variant_id: str,
    inventory_item_id: str,
    request: Request,
    body: LinkQuantity,
    tx: Write,
) -> Response:
    """Change the required quantity of the item."""
    query = read_query(request, VARIANT)
    link = BatchedLink(
        variant_id=variant_id,
        inventory_item_id=inventory_item_id,
        required_quantity=body.required_quantity,
    )
    await change_link(tx, id, BatchLinks(update=[link]))
    return wrap(variant=await find_one(tx, VARIANT, variant_id, query))


@router.delete(
    "/{variant_id}/inventory-items/{inventory_item_id}",
    openapi_extra=VARIANT.parameters
    | answers_deleted("variant-inventory-item-link", id=Pair, parent=VARIANT),
)
async def delete(
    id: str, variant_id: str, inventory_item_id: str, request: Request, tx: Write
) -> Response:
    """Unlink the item from the variant; the item itself stays."""
    query = read_query(request, VARIANT)
    link = BatchedUnlink(variant_id=variant_id, inventory_item_id=inventory_item_id)
    await change_link(tx, id, BatchLinks(delete=[link]))
    return wrap(
        id=_pair(link),
        object="variant-inventory-item-link",
        deleted=True,
        parent=await find_one(tx, VARIANT, variant_id, query),
    )


def _pair(link: BatchedLink | BatchedUnlink) -> dict[str, dict[str, str]]:
    return {
        "product": {"variant_id": link.variant_id},
        "inventory": {"inventory_item_id": link.inventory_item_id},
    }


def _quantity(link: BatchedLink) -> dict[str, int | float]:
    return {"required_quantity": plain_number(link.required_quantity)}
