"""What can be read of return reasons."""

from merx.modules.return_reason import models
from merx.query.graph import Entity, columns, many, one, table_name

RETURN_REASON = Entity(
    "return_reason",
    table_name(models.ReturnReason.__table__),
    columns(models.ReturnReason.__table__),
    {
        "parent_return_reason": one("return_reason", "parent_return_reason_id", stub=True),
        "return_reason_children": many("return_reason", "parent_return_reason_id"),
    },
    search=("value", "label", "description"),
)

ENTITIES = (RETURN_REASON,)
