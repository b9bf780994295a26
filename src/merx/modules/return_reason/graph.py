"""What can be read of return reasons."""

from merx.modules.return_reason import models
from merx.query.graph import Entity, Relation, columns, table_name

RETURN_REASON = Entity(
    "return_reason",
    table_name(models.ReturnReason.__table__),
    columns(models.ReturnReason.__table__),
    {
        "parent_return_reason": Relation(
            "return_reason",
            "{child}.id = {parent}.parent_return_reason_id",
            many=False,
            shows=("parent_return_reason_id",),
        ),
        "return_reason_children": Relation(
            "return_reason", "{child}.parent_return_reason_id = {parent}.id"
        ),
    },
    always=("id",),
    search=("value", "label", "description"),
)

ENTITIES = (RETURN_REASON,)
