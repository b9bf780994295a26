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

FULFILLMENT_PROVIDER = Entity(
    "fulfillment_provider",
    table_name(models.FulfillmentProvider.__table__),
    columns(models.FulfillmentProvider.__table__),
    always=("id",),
    search=("id",),
)

FULFILLMENT_SET = Entity(
    "fulfillment_set",
    table_name(models.FulfillmentSet.__table__),
    columns(models.FulfillmentSet.__table__),
    always=("id",),
    search=("name", "type"),
)

ENTITIES = (SHIPPING_PROFILE, FULFILLMENT_PROVIDER, FULFILLMENT_SET)
