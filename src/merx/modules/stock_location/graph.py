"""What can be read of stock locations."""

from merx.modules.stock_location import models
from merx.query.graph import Entity, columns, one, table_name

ADDRESS = Entity(
    "stock_location_address",
    table_name(models.StockLocationAddress.__table__),
    columns(models.StockLocationAddress.__table__),
)

LOCATION = Entity(
    "stock_location",
    table_name(models.StockLocation.__table__),
    columns(models.StockLocation.__table__),
    {
        "address": one("stock_location_address", "address_id", stub=True),
    },
    always=("id",),
    search=(
        "name", "address.address_1", "address.address_2", "address.city", "address.country_code",
        "address.postal_code", "address.province",
    ),
)  # fmt: skip

ENTITIES = (ADDRESS, LOCATION)
