"""/admin/price-preferences: whether amounts include tax, by region or currency."""

from merx.modules.pricing.models import PricePreference
from merx.modules.pricing.preference_schemas import CreatePreference, UpdatePreference
from merx.web.crud import Writes, plain_router
from merx.web.filters import texts
from merx.web.resource import Resource

PRICE_PREFERENCE = Resource(
    "price_preference",
    "price_preference",
    "price_preferences",
    "id, attribute, value, is_tax_inclusive, created_at, deleted_at, updated_at",
    {"id": texts("id"), "attribute": texts("attribute"), "value": texts("value")},
    limit=300,
    missing="Price preference with id: {id} was not found",
)

router = plain_router(
    "/price-preferences",
    PRICE_PREFERENCE,
    Writes(
        PricePreference.__table__,
        "prpref",
        create=CreatePreference,
        update=UpdatePreference,
        delete=True,
    ),
)
