"""/store/product-variants: the variants of what is for sale."""

from fastapi import Request, Response

from merx.access.store import WindowRoute
from merx.api.store.products.resources import TIMES
from merx.api.store.shopper import CONTEXT, Looking, answer_offers, find_offer, plan_of
from merx.web.filters import Nested, boolean, text, texts
from merx.web.queries import read_query
from merx.web.reads import wrap
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read

_COLUMNS = (
    "id", "title", "sku", "barcode", "ean", "upc", "allow_backorder", "manage_inventory",
    "variant_rank", "product_id", "thumbnail", "hs_code", "origin_country", "mid_code", "material",
    "weight", "length", "height", "width", "created_at", "updated_at", "metadata",
)  # fmt: skip
_OFFERED, _PRICE = "of_offered", "calculated_price"

VARIANT = Resource(
    "store_variant",
    "variant",
    "variants",
    f"{','.join(_COLUMNS)},*options,*images,product.id,product.type_id",
    {
        "id": texts("id"),
        "sku": texts("sku"),
        "product_id": texts("product_id"),
        "options": Nested("options", {"value": text("value"), "option_id": text("option_id")}),
        "allow_backorder": boolean("allow_backorder"),
        "manage_inventory": boolean("manage_inventory"),
        **TIMES,
    },
    missing="Product variant with id: {id} was not found",
    context=(*CONTEXT, "sales_channel_id"),
    allowed=(
        *_COLUMNS, "options", "images", "product.id", "product.type_id", "deleted_at",
        "calculated_price", "inventory_quantity", "options.id", "options.value", "images.id",
        "images.url", "images.rank",
    ),
)  # fmt: skip

router = Router(
    prefix="/product-variants",
    tags=["store product variants"],
    is_shared=True,
    route_class=WindowRoute,
)


@router.get("", openapi_extra=VARIANT.page_parameters)
async def list_variants(request: Request, shopper: Looking, tx: Read) -> Response:
    """List variants of published products in the storefront's channels."""
    return await answer_offers(tx, VARIANT, request, shopper, offered=_OFFERED, price=_PRICE)


@router.get("/{id}", openapi_extra=VARIANT.parameters)
async def get_variant(id: str, request: Request, shopper: Looking, tx: Read) -> Response:
    """Get a variant."""
    plan = plan_of(read_query(request, VARIANT), VARIANT, shopper.priced(_PRICE))
    row = await find_offer(tx, VARIANT, id, plan, shopper, offered=_OFFERED)
    return wrap(variant=row)
