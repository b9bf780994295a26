"""/admin/products: products."""

from fastapi import Request, Response

from merx.api.admin.products.resources import PRODUCT
from merx.modules.product.schemas import CreateProduct, UpdateProduct
from merx.web.bodies import check_lists
from merx.web.queries import read_query
from merx.web.reads import answer_one, answer_page
from merx.web.router import Router
from merx.web.transactions import Read, Write
from merx.workflows.catalogue.create_products import create_products
from merx.workflows.catalogue.delete_products import delete_products
from merx.workflows.catalogue.update_products import update_product

router = Router(prefix="/products", tags=["products"])


@router.get("", openapi_extra=PRODUCT.page_parameters)
async def list_products(request: Request, tx: Read) -> Response:
    """List products that match the filters."""
    return await answer_page(tx, PRODUCT, request)


@router.post("", openapi_extra=PRODUCT.parameters)
async def create_product(request: Request, body: CreateProduct, tx: Write) -> Response:
    """Create a product with its options, variants, prices, images and links."""
    check_lists(request, body, *body.options)
    [product_id] = await create_products(tx, [body])
    return await answer_one(tx, PRODUCT, product_id, request)


@router.get("/{id}", openapi_extra=PRODUCT.parameters)
async def get_product(id: str, request: Request, tx: Read) -> Response:
    """Get a product."""
    return await answer_one(tx, PRODUCT, id, request)


@router.post("/{id}", openapi_extra=PRODUCT.parameters)
async def update_one_product(id: str, request: Request, body: UpdateProduct, tx: Write) -> Response:
    """Change a product; given lists replace the old ones."""
    check_lists(request, body)
    await update_product(tx, id, body)
    return await answer_one(tx, PRODUCT, id, request)


@router.delete("/{id}", openapi_extra=PRODUCT.parameters | PRODUCT.deletion)
async def delete_product(id: str, request: Request, tx: Write) -> dict[str, object]:
    """Delete a product with its variants; deleting an id that does not exist succeeds."""
    read_query(request, PRODUCT)
    await delete_products(tx, [id])
    return PRODUCT.deleted(id)
