"""What can be read of layouts."""

from merx.modules.layout import models
from merx.query.graph import Entity, Field, columns, table_name

LAYOUT_CONFIGURATION = Entity(
    "layout_configuration",
    table_name(models.LayoutConfiguration.__table__),
    {
        **columns(models.LayoutConfiguration.__table__, hidden=("is_active",)),
        "is_active": Field("{row}.is_active", starred=False),
    },
    always=("id",),
)

ENTITIES = (LAYOUT_CONFIGURATION,)
