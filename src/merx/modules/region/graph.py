"""What can be read of regions and countries."""

from merx.modules.region import models
from merx.query.graph import Entity, columns, many, one, table_name

REGION = Entity(
    "region",
    table_name(models.Region.__table__),
    columns(models.Region.__table__),
    {
        "countries": many("country", "region_id", order="{child}.iso_2"),
    },
    always=("id",),
    search=("name", "currency_code"),
)

COUNTRY = Entity(
    "country",
    table_name(models.Country.__table__),
    columns(models.Country.__table__),
    {
        "region": one("region", "region_id", with_key=True),
    },
    key="iso_2",
    search=("iso_2", "iso_3", "num_code", "name", "display_name"),
)

ENTITIES = (REGION, COUNTRY)
