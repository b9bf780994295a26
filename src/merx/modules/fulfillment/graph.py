"""What can be read of delivery."""

from merx.modules.fulfillment import models
from merx.query.graph import Entity, columns, table_name

SHIPPING_PROFILE = Entity(
    "shipping_profile",
    table_name(models.ShippingProfile.__table__),
    columns(models.ShippingProfile.__table__),
    always=("id",),
    search=("name", "type"),
)

ENTITIES = (SHIPPING_PROFILE,)
