"""/admin/shipping-option-types: what an option means to the buyer, standard or express."""

from merx.modules.fulfillment.models import ShippingOptionType
from merx.modules.fulfillment.option_schemas import (
    CreateShippingOptionType,
    UpdateShippingOptionType,
)
from merx.modules.fulfillment.option_types import delete_option_types
from merx.web.crud import Writes, plain_router
from merx.web.filters import texts, times
from merx.web.resource import Resource
from merx.web.transactions import Write

SHIPPING_OPTION_TYPE = Resource(
    "shipping_option_type",
    "shipping_option_type",
    "shipping_option_types",
    "id, label, code, description, created_at, updated_at",
    {
        "id": texts("id"),
        "label": texts("label"),
        "code": texts("code"),
        "description": texts("description"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    limit=10,
    missing="Shipping option type with id: {id} was not found",
)

router = plain_router(
    "/shipping-option-types",
    SHIPPING_OPTION_TYPE,
    Writes(
        ShippingOptionType.__table__,
        "sotype",
        create=CreateShippingOptionType,
        update=UpdateShippingOptionType,
        unknown='Shipping option type with id "{id}" not found',
    ),
)


@router.delete("/{id}", openapi_extra=SHIPPING_OPTION_TYPE.deletion)
async def delete_shipping_option_type(id: str, tx: Write) -> dict[str, object]:
    """Delete a type that no option uses; deleting an id that does not exist succeeds."""
    await delete_option_types(tx, [id])
    return SHIPPING_OPTION_TYPE.deleted(id)
