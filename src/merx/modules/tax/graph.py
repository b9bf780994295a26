"""What can be read of taxes."""

from merx.modules.tax import models
from merx.query.graph import Entity, Relation, columns, table_name

PROVIDER = Entity(
    "tax_provider",
    table_name(models.TaxProvider.__table__),
    columns(models.TaxProvider.__table__),
    {"regions": Relation("tax_region", "{child}.provider_id = {parent}.id")},
)

REGION = Entity(
    "tax_region",
    table_name(models.TaxRegion.__table__),
    columns(models.TaxRegion.__table__),
    {
        "provider": Relation(
            "tax_provider", "{child}.id = {parent}.provider_id", many=False, stub=True
        ),
        "parent": Relation("tax_region", "{child}.id = {parent}.parent_id", many=False, stub=True),
        "children": Relation("tax_region", "{child}.parent_id = {parent}.id"),
        "tax_rates": Relation("tax_rate", "{child}.tax_region_id = {parent}.id"),
    },
    always=("id",),
    search=("country_code", "province_code"),
)

RATE = Entity(
    "tax_rate",
    table_name(models.TaxRate.__table__),
    columns(models.TaxRate.__table__),
    {
        "tax_region": Relation(
            "tax_region",
            "{child}.id = {parent}.tax_region_id",
            many=False,
            shows=("tax_region_id",),
        ),
        "rules": Relation("tax_rate_rule", "{child}.tax_rate_id = {parent}.id"),
    },
    always=("id",),
    search=("name", "code"),
)

RULE = Entity(
    "tax_rate_rule",
    table_name(models.TaxRateRule.__table__),
    columns(models.TaxRateRule.__table__),
    {
        "tax_rate": Relation("tax_rate", "{child}.id = {parent}.tax_rate_id", many=False),
    },
)

ENTITIES = (PROVIDER, REGION, RATE, RULE)
