"""/store/collections, product-tags, product-types, product-options: groups of products."""

from fastapi import Request, Response

from merx.access.store import WindowRoute
from merx.api.store.products.resources import PRODUCT_SHOWN, TIMES
from merx.api.store.shopper import LANGUAGE, Looking, answer_visible, read_visible
from merx.web.filters import boolean, texts
from merx.web.reads import wrap
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read

_PRODUCTS = ("products", *(f"products.{name}" for name in PRODUCT_SHOWN))
_COLLECTION = ("id", "title", "handle", "external_id", "created_at", "updated_at")
_VALUE = ("id", "value", "external_id", "created_at", "updated_at", "metadata")

COLLECTION = Resource(
    "store_product_collection",
    "collection",
    "collections",
    ",".join(_COLLECTION),
    {
        **{name: texts(name) for name in ("id", "title", "handle", "external_id")},
        "created_at": TIMES["created_at"],
        "updated_at": TIMES["updated_at"],
    },
    limit=10,
    order="-created_at",
    context=(LANGUAGE,),
    missing="Collection with id: {id} was not found",
    allowed=(*_COLLECTION, "metadata", "deleted_at", *_PRODUCTS),
)


def _value(entity: str, name: str) -> Resource:
    """Tags and types are read the same way."""
    return Resource(
        f"store_{entity}",
        entity,
        f"{entity}s",
        f"{','.join(_VALUE)},*products",
        {**{name: texts(name) for name in ("id", "value", "external_id")}, **TIMES},
        limit=50,
        context=(LANGUAGE,),
        missing=f"{name} with id: {{id}} was not found",
        allowed=(*_VALUE, *_PRODUCTS),
    )


TAG = _value("product_tag", "Product tag")
TYPE = _value("product_type", "Product type")
OPTION = Resource(
    "product_option",
    "product_option",
    "product_options",
    "id,title,is_exclusive,*values,created_at,updated_at,metadata",
    {"id": texts("id"), "title": texts("title"), "is_exclusive": boolean("is_exclusive"), **TIMES},
    limit=50,
    context=(LANGUAGE,),
    missing="Product option with id: {id} was not found",
    allowed=(
        "id", "title", "is_exclusive", "values", "created_at", "updated_at", "metadata",
        "values.id", "values.value",
    ),
)  # fmt: skip


def _router(path: str, resource: Resource) -> Router:
    router = Router(
        prefix=path,
        tags=[f"store {resource.plural.replace('_', ' ')}"],
        is_shared=True,
        route_class=WindowRoute,
    )

    async def list_rows(request: Request, shopper: Looking, tx: Read) -> Response:
        return await answer_visible(tx, resource, request, shopper)

    async def get_row(id: str, request: Request, shopper: Looking, tx: Read) -> Response:
        row = await read_visible(tx, resource, id, request, shopper)
        if row is None:
            raise resource.not_found(id)
        return wrap(**{resource.singular: row})

    plural, singular = resource.plural, resource.singular
    router.add_api_route(
        "", list_rows, name=f"list_store_{plural}", openapi_extra=resource.page_parameters
    )
    router.add_api_route(
        "/{id}", get_row, name=f"get_store_{singular}", openapi_extra=resource.parameters
    )
    return router


collections = _router("/collections", COLLECTION)
tags = _router("/product-tags", TAG)
types = _router("/product-types", TYPE)
options = _router("/product-options", OPTION)
