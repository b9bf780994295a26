"""What can be read of notifications."""

from merx.modules.notification import models
from merx.query.graph import Entity, columns, table_name

NOTIFICATION = Entity(
    "notification",
    table_name(models.Notification.__table__),
    columns(models.Notification.__table__, hidden=("provider_data",)),
    always=("id",),
    search=("to", "template", "channel"),
)

ENTITIES = (NOTIFICATION,)
