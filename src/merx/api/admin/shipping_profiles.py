"""/admin/shipping-profiles: products that are shipped alike."""

from merx.modules.fulfillment.models import ShippingProfile
from merx.modules.fulfillment.schemas import CreateShippingProfile, UpdateShippingProfile
from merx.web.crud import Writes, plain_router
from merx.web.filters import text, texts, times
from merx.web.resource import Resource
from merx.web.transactions import Write
from merx.workflows.shop.shipping_profiles import delete_shipping_profiles

SHIPPING_PROFILE = Resource(
    "shipping_profile",
    "shipping_profile",
    "shipping_profiles",
    "id, name, type, metadata, created_at, updated_at",
    {
        "id": texts("id"),
        "type": text("type"),
        "name": text("name"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    missing="Shipping profile with id: {id} was not found",
)

router = plain_router(
    "/shipping-profiles",
    SHIPPING_PROFILE,
    Writes(
        ShippingProfile.__table__, "sp", create=CreateShippingProfile, update=UpdateShippingProfile
    ),
)


@router.delete("/{id}", openapi_extra=SHIPPING_PROFILE.deletion)
async def delete_shipping_profile(id: str, tx: Write) -> dict[str, object]:
    """Delete a profile that no product uses."""
    await delete_shipping_profiles(tx, [id])
    return SHIPPING_PROFILE.deleted(id)
