"""What can be read of currencies."""

from merx.modules.currency import models
from merx.query.graph import Entity, Field, Kind, columns, table_name

CURRENCY = Entity(
    "currency",
    table_name(models.Currency.__table__),
    {
        **columns(models.Currency.__table__),
        "raw_rounding": Field(
            "json_build_object('value', {row}.rounding::text, 'precision', 20)", Kind.JSON
        ),
    },
    always=("code",),
    search=("code", "name"),
    key="code",
)

ENTITIES = (CURRENCY,)
