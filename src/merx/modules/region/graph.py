"""What can be read of regions and countries."""

from merx.modules.region import models
from merx.query.graph import Entity, Relation, columns, table_name

REGION = Entity(
    "region",
    table_name(models.Region.__table__),
    columns(models.Region.__table__),
    {
        "countries": Relation("country", "{child}.region_id = {parent}.id", order="{child}.iso_2"),
    },
    always=("id",),
    search=("name", "currency_code"),
)

COUNTRY = Entity(
    "country",
    table_name(models.Country.__table__),
    columns(models.Country.__table__),
    {
        "region": Relation(
            "region", "{child}.id = {parent}.region_id", many=False, shows=("region_id",)
        ),
    },
    key="iso_2",
)

ENTITIES = (REGION, COUNTRY)
