"""What can be read of texts in other languages."""

from merx.modules.translation import models
from merx.query.graph import Entity, columns, table_name

TRANSLATION = Entity(
    "translation",
    table_name(models.Translation.__table__),
    columns(models.Translation.__table__),
    always=("reference_id",),
)

ENTITIES = (TRANSLATION,)
