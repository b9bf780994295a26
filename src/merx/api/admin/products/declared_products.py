"""/admin/products/by-external-id and /by-handle: declared products. Merx's own."""

import orjson
from fastapi import Request, Response

from merx.api.admin.products.resources import PRODUCT
from merx.core.database import Transaction
from merx.modules.product.declaration_schemas import DeclareProduct
from merx.web.attempts import difference
from merx.web.bodies import check_lists
from merx.web.queries import ReadQuery, read_query
from merx.web.reads import find_given, find_one, wrap
from merx.web.router import Router
from merx.web.transactions import Write
from merx.workflows.catalogue.declare_products import Name, declare_product, find_declared

router = Router(prefix="/products", tags=["products"])

_COMPARED = ReadQuery(
    f"{PRODUCT.fields},categories.id,shipping_profile.id,variants.inventory_items.inventory_item_id,"
    "variants.inventory_items.inventory.location_levels.location_id,"
    "variants.inventory_items.inventory.location_levels.stocked_quantity",
    {},
)


@router.put("/by-external-id/{external_id}", openapi_extra=PRODUCT.parameters)
async def declare_by_external_id(
    external_id: str, request: Request, body: DeclareProduct, tx: Write
) -> Response:
    """Make the product with this external id match the declaration; answers with what changed."""
    return await _declare(request, tx, "external_id", external_id, body)


@router.put("/by-handle/{handle}", openapi_extra=PRODUCT.parameters)
async def declare_by_handle(
    handle: str, request: Request, body: DeclareProduct, tx: Write
) -> Response:
    """Make the product with this handle match the declaration; answers with what changed."""
    return await _declare(request, tx, "handle", handle, body)


async def _declare(
    request: Request, tx: Transaction, by: Name, value: str, body: DeclareProduct
) -> Response:
    check_lists(request, body, *body.options)
    query = read_query(request, PRODUCT)
    present = await find_declared(tx, by, value)
    before = await find_given(tx, PRODUCT, [present] if present else [], _COMPARED)
    declared = await declare_product(tx, by, value, body)
    after = await find_given(tx, PRODUCT, [declared.product_id], _COMPARED)
    changes = difference(orjson.loads(before), orjson.loads(after)) if present else []
    product = await find_one(tx, PRODUCT, declared.product_id, query)
    return wrap(product=product, created=declared.is_new, changes=changes)
