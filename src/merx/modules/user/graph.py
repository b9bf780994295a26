"""What can be read of users and invites."""

from merx.modules.user import models
from merx.query.graph import Entity, columns, table_name

USER = Entity(
    "user",
    table_name(models.User.__table__),
    columns(models.User.__table__, hidden=("has_twin",)),
    always=("id",),
    search=("email", "first_name", "last_name"),
)

INVITE = Entity(
    "invite",
    table_name(models.Invite.__table__),
    columns(models.Invite.__table__, hidden=("has_twin",)),
    always=("id",),
    search=("email",),
)

ENTITIES = (USER, INVITE)
