"""What can be read of delivery."""

from merx.modules.fulfillment import fulfillment_models, models
from merx.modules.fulfillment.offers import OFFERED
from merx.query.graph import Entity, Field, Kind, Relation, columns, table_name

SHIPPING_PROFILE = Entity(
    "shipping_profile",
    table_name(models.ShippingProfile.__table__),
    columns(models.ShippingProfile.__table__),
    {"shipping_options": Relation("shipping_option", "{child}.shipping_profile_id = {parent}.id")},
    always=("id",),
    search=("name", "type"),
)

FULFILLMENT_PROVIDER = Entity(
    "fulfillment_provider",
    table_name(models.FulfillmentProvider.__table__),
    columns(models.FulfillmentProvider.__table__),
    {"shipping_options": Relation("shipping_option", "{child}.provider_id = {parent}.id")},
    always=("id",),
    search=("id",),
)

FULFILLMENT_SET = Entity(
    "fulfillment_set",
    table_name(models.FulfillmentSet.__table__),
    columns(models.FulfillmentSet.__table__),
    {"service_zones": Relation("service_zone", "{child}.fulfillment_set_id = {parent}.id")},
    always=("id",),
    search=("name", "type"),
)

SERVICE_ZONE = Entity(
    "service_zone",
    table_name(models.ServiceZone.__table__),
    columns(models.ServiceZone.__table__),
    {
        "fulfillment_set": Relation(
            "fulfillment_set",
            "{child}.id = {parent}.fulfillment_set_id",
            many=False,
            shows=("fulfillment_set_id",),
            stub=True,
        ),
        "geo_zones": Relation("geo_zone", "{child}.service_zone_id = {parent}.id"),
        "shipping_options": Relation("shipping_option", "{child}.service_zone_id = {parent}.id"),
    },
    always=("id",),
    search=("name",),
)

GEO_ZONE = Entity(
    "geo_zone",
    table_name(models.GeoZone.__table__),
    columns(models.GeoZone.__table__, hidden=["iso_2"]),
    {
        "service_zone": Relation(
            "service_zone",
            "{child}.id = {parent}.service_zone_id",
            many=False,
            shows=("service_zone_id",),
        ),
    },
    always=("id",),
)

SHIPPING_OPTION_TYPE = Entity(
    "shipping_option_type",
    table_name(models.ShippingOptionType.__table__),
    columns(models.ShippingOptionType.__table__),
    {
        "shipping_options": Relation(
            "shipping_option", "{child}.shipping_option_type_id = {parent}.id"
        )
    },
    always=("id",),
    search=("label", "description", "code"),
)

SHIPPING_OPTION = Entity(
    "shipping_option",
    table_name(models.ShippingOption.__table__),
    columns(models.ShippingOption.__table__, hidden=["price_set_id"]),
    {
        "service_zone": Relation(
            "service_zone",
            "{child}.id = {parent}.service_zone_id",
            many=False,
            shows=("service_zone_id",),
        ),
        "shipping_profile": Relation(
            "shipping_profile",
            "{child}.id = {parent}.shipping_profile_id",
            many=False,
            shows=("shipping_profile_id",),
        ),
        "provider": Relation(
            "fulfillment_provider",
            "{child}.id = {parent}.provider_id",
            many=False,
            shows=("provider_id",),
        ),
        "type": Relation(
            "shipping_option_type", "{child}.id = {parent}.shipping_option_type_id", many=False
        ),
        "rules": Relation("shipping_option_rule", "{child}.shipping_option_id = {parent}.id"),
        "fulfillments": Relation("fulfillment", "{child}.shipping_option_id = {parent}.id"),
    },
    always=("id",),
    search=("name",),
    tests={"offered": OFFERED},
)

SHIPPING_OPTION_RULE = Entity(
    "shipping_option_rule",
    table_name(models.ShippingOptionRule.__table__),
    columns(models.ShippingOptionRule.__table__),
    {
        "shipping_option": Relation(
            "shipping_option",
            "{child}.id = {parent}.shipping_option_id",
            many=False,
            shows=("shipping_option_id",),
        ),
    },
    always=("id",),
)

FULFILLMENT = Entity(
    "fulfillment",
    table_name(fulfillment_models.Fulfillment.__table__),
    columns(fulfillment_models.Fulfillment.__table__),
    {
        "items": Relation("fulfillment_item", "{child}.fulfillment_id = {parent}.id"),
        "labels": Relation("fulfillment_label", "{child}.fulfillment_id = {parent}.id"),
        "provider": Relation(
            "fulfillment_provider",
            "{child}.id = {parent}.provider_id",
            many=False,
            shows=("provider_id",),
        ),
        "shipping_option": Relation(
            "shipping_option",
            "{child}.id = {parent}.shipping_option_id",
            many=False,
            shows=("shipping_option_id",),
        ),
        "delivery_address": Relation(
            "fulfillment_address", "{child}.id = {parent}.delivery_address_id", many=False
        ),
    },
    always=("id",),
)

FULFILLMENT_ITEM = Entity(
    "fulfillment_item",
    table_name(fulfillment_models.FulfillmentItem.__table__),
    {
        **columns(fulfillment_models.FulfillmentItem.__table__),
        "raw_quantity": Field(
            "json_build_object('value', {row}.quantity::text, 'precision', 20)", Kind.JSON
        ),
    },
    {
        "fulfillment": Relation(
            "fulfillment",
            "{child}.id = {parent}.fulfillment_id",
            many=False,
            shows=("fulfillment_id",),
        ),
    },
    always=("id",),
)

FULFILLMENT_LABEL = Entity(
    "fulfillment_label",
    table_name(fulfillment_models.FulfillmentLabel.__table__),
    columns(fulfillment_models.FulfillmentLabel.__table__),
    {
        "fulfillment": Relation(
            "fulfillment",
            "{child}.id = {parent}.fulfillment_id",
            many=False,
            shows=("fulfillment_id",),
        ),
    },
    always=("id",),
)

FULFILLMENT_ADDRESS = Entity(
    "fulfillment_address",
    table_name(fulfillment_models.FulfillmentAddress.__table__),
    columns(fulfillment_models.FulfillmentAddress.__table__),
    always=("id",),
)

ENTITIES = (
    SHIPPING_PROFILE,
    FULFILLMENT_PROVIDER,
    FULFILLMENT_SET,
    SERVICE_ZONE,
    GEO_ZONE,
    SHIPPING_OPTION_TYPE,
    SHIPPING_OPTION,
    SHIPPING_OPTION_RULE,
    FULFILLMENT,
    FULFILLMENT_ITEM,
    FULFILLMENT_LABEL,
    FULFILLMENT_ADDRESS,
)
