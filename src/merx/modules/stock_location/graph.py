"""What can be read of stock locations."""

from merx.modules.stock_location import models
from merx.query.graph import Entity, Relation, columns, table_name

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
        "address": Relation(
            "stock_location_address", "{child}.id = {parent}.address_id", many=False, stub=True
        ),
    },
    always=("id",),
    search=(
        "name", "address.address_1", "address.address_2", "address.city", "address.country_code",
        "address.postal_code", "address.province",
    ),
)  # fmt: skip

ENTITIES = (ADDRESS, LOCATION)
