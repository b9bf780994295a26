"""/store/regions: where the shop sells, and in which currencies."""

from merx.web.crud import plain_router
from merx.web.filters import texts
from merx.web.resource import Resource

_COLUMNS = ("id", "name", "currency_code", "created_at", "updated_at", "deleted_at", "metadata")
_COUNTRY = ("id", "iso_2", "iso_3", "num_code", "name", "display_name")

REGION = Resource(
    "region",
    "region",
    "regions",
    f"{','.join(_COLUMNS)},*countries",
    {"id": texts("id"), "currency_code": texts("currency_code"), "name": texts("name")},
    limit=50,
    missing="Region with id: {id} was not found",
    allowed=(
        *_COLUMNS,
        "countries",
        *(f"countries.{name}" for name in _COUNTRY),
        "payment_providers",
        "payment_providers.id",
        "payment_providers.is_enabled",
    ),
)

router = plain_router("/regions", REGION)
router.tags = ["store regions"]
router.is_shared = True
