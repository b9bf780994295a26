"""/admin/stores: the shop's currencies, locales and defaults."""

from fastapi import Request, Response

from merx.modules.store.schemas import UpdateStore
from merx.web.bodies import check_rows
from merx.web.crud import plain_router
from merx.web.filters import texts
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.transactions import Write
from merx.workflows.shop.stores import update_store

STORE = Resource(
    "store",
    "store",
    "stores",
    "id, name, *supported_currencies, *supported_currencies.currency, *supported_locales,"
    " *supported_locales.locale, default_sales_channel_id, default_region_id,"
    " default_location_id, metadata, created_at, updated_at",
    {"id": texts("id"), "name": texts("name")},
    limit=50,
    missing="Store with id: {id} was not found",
)

router = plain_router("/stores", STORE)


@router.post("/{id}", openapi_extra=STORE.parameters)
async def update_one_store(id: str, request: Request, body: UpdateStore, tx: Write) -> Response:
    """Change a store; given lists and metadata replace the old ones."""
    check_rows(request, len(body.supported_currencies), len(body.supported_locales))
    await update_store(tx, id, body)
    return await answer_one(tx, STORE, id, request)
