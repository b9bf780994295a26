"""What can be read of delivery."""

from merx.modules.fulfillment import fulfillment_models, models
from merx.modules.fulfillment.offers import OFFERED
from merx.query.graph import Entity, Field, Kind, columns, many, one, table_name

SHIPPING_PROFILE = Entity(
    "shipping_profile",
    table_name(models.ShippingProfile.__table__),
    columns(models.ShippingProfile.__table__),
    {"shipping_options": many("shipping_option", "shipping_profile_id")},
    always=("id",),
    search=("name", "type"),
)

FULFILLMENT_PROVIDER = Entity(
    "fulfillment_provider",
    table_name(models.FulfillmentProvider.__table__),
    columns(models.FulfillmentProvider.__table__),
    {"shipping_options": many("shipping_option", "provider_id")},
    always=("id",),
    search=("id",),
)

FULFILLMENT_SET = Entity(
    "fulfillment_set",
    table_name(models.FulfillmentSet.__table__),
    columns(models.FulfillmentSet.__table__),
    {"service_zones": many("service_zone", "fulfillment_set_id")},
    always=("id",),
    search=("name", "type"),
)

SERVICE_ZONE = Entity(
    "service_zone",
    table_name(models.ServiceZone.__table__),
    columns(models.ServiceZone.__table__),
    {
        "fulfillment_set": one("fulfillment_set", "fulfillment_set_id", with_key=True, stub=True),
        "geo_zones": many("geo_zone", "service_zone_id"),
        "shipping_options": many("shipping_option", "service_zone_id"),
    },
    always=("id",),
    search=("name",),
)

GEO_ZONE = Entity(
    "geo_zone",
    table_name(models.GeoZone.__table__),
    columns(models.GeoZone.__table__, hidden=["iso_2"]),
    {
        "service_zone": one("service_zone", "service_zone_id", with_key=True),
    },
    always=("id",),
)

SHIPPING_OPTION_TYPE = Entity(
    "shipping_option_type",
    table_name(models.ShippingOptionType.__table__),
    columns(models.ShippingOptionType.__table__),
    {"shipping_options": many("shipping_option", "shipping_option_type_id")},
    search=("label", "description", "code"),
)


def _has_rule(attribute: str, value: str) -> Field:
    """Whether an option has the rule; used by filters of lists."""
    sql = f"""((SELECT count(*) FROM shipping_option_rule r
    WHERE r.shipping_option_id = {{row}}.id AND r.attribute = '{attribute}'
      AND r.operator = 'eq' AND r.value = '"{value}"' AND r.deleted_at IS NULL) > 0)"""
    return Field(sql, Kind.BOOLEAN, starred=False)


SHIPPING_OPTION = Entity(
    "shipping_option",
    table_name(models.ShippingOption.__table__),
    {
        **columns(models.ShippingOption.__table__, hidden=["price_set_id"]),
        "is_return": _has_rule("is_return", "true"),
        "admin_only": _has_rule("enabled_in_store", "false"),
    },
    {
        "service_zone": one("service_zone", "service_zone_id", with_key=True),
        "shipping_profile": one("shipping_profile", "shipping_profile_id", with_key=True),
        "provider": one("fulfillment_provider", "provider_id"),
        "type": one("shipping_option_type", "shipping_option_type_id"),
        "rules": many("shipping_option_rule", "shipping_option_id"),
        "fulfillments": many("fulfillment", "shipping_option_id"),
    },
    always=("id",),
    search=("name",),
    predicates={"offered": OFFERED},
)

SHIPPING_OPTION_RULE = Entity(
    "shipping_option_rule",
    table_name(models.ShippingOptionRule.__table__),
    columns(models.ShippingOptionRule.__table__),
    {
        "shipping_option": one("shipping_option", "shipping_option_id", with_key=True),
    },
)

FULFILLMENT = Entity(
    "fulfillment",
    table_name(fulfillment_models.Fulfillment.__table__),
    columns(fulfillment_models.Fulfillment.__table__),
    {
        "items": many("fulfillment_item", "fulfillment_id"),
        "labels": many("fulfillment_label", "fulfillment_id"),
        "provider": one("fulfillment_provider", "provider_id", stub=True),
        "shipping_option": one("shipping_option", "shipping_option_id", with_key=True, stub=True),
        "delivery_address": one("fulfillment_address", "delivery_address_id", stub=True),
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
        "fulfillment": one("fulfillment", "fulfillment_id", with_key=True),
    },
)

FULFILLMENT_LABEL = Entity(
    "fulfillment_label",
    table_name(fulfillment_models.FulfillmentLabel.__table__),
    columns(fulfillment_models.FulfillmentLabel.__table__),
    {
        "fulfillment": one("fulfillment", "fulfillment_id", with_key=True),
    },
)

FULFILLMENT_ADDRESS = Entity(
    "fulfillment_address",
    table_name(fulfillment_models.FulfillmentAddress.__table__),
    columns(fulfillment_models.FulfillmentAddress.__table__),
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
