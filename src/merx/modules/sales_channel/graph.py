"""What can be read of sales channels."""

from merx.modules.sales_channel import models
from merx.query.graph import Entity, columns, table_name

SALES_CHANNEL = Entity(
    "sales_channel",
    table_name(models.SalesChannel.__table__),
    columns(models.SalesChannel.__table__),
    always=("id",),
    search=("name", "description"),
)

ENTITIES = (SALES_CHANNEL,)
