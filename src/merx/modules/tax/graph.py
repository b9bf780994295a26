"""What can be read of taxes."""

from merx.modules.tax import models
from merx.query.graph import Entity, columns, many, one, table_name

PROVIDER = Entity(
    "tax_provider",
    table_name(models.TaxProvider.__table__),
    columns(models.TaxProvider.__table__),
    {"regions": many("tax_region", "provider_id")},
)

REGION = Entity(
    "tax_region",
    table_name(models.TaxRegion.__table__),
    columns(models.TaxRegion.__table__),
    {
        "provider": one("tax_provider", "provider_id", stub=True),
        "parent": one("tax_region", "parent_id", stub=True),
        "children": many("tax_region", "parent_id"),
        "tax_rates": many("tax_rate", "tax_region_id"),
    },
    always=("id",),
    search=("country_code", "province_code"),
)

RATE = Entity(
    "tax_rate",
    table_name(models.TaxRate.__table__),
    columns(models.TaxRate.__table__),
    {
        "tax_region": one("tax_region", "tax_region_id", with_key=True),
        "rules": many("tax_rate_rule", "tax_rate_id"),
    },
    always=("id",),
    search=("name", "code"),
)

RULE = Entity(
    "tax_rate_rule",
    table_name(models.TaxRateRule.__table__),
    columns(models.TaxRateRule.__table__),
    {
        "tax_rate": one("tax_rate", "tax_rate_id"),
    },
)

ENTITIES = (PROVIDER, REGION, RATE, RULE)
