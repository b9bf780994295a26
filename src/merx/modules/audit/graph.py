"""What can be read of the audit log."""

from merx.modules.audit import models
from merx.query.graph import Entity, Field, Kind, columns, table_name

AUDIT_LOG = Entity(
    "audit_log",
    table_name(models.AuditLog.__table__),
    {
        **columns(models.AuditLog.__table__, hidden=("columns", "before", "after", "ids")),
        "entity_ids": Field("(SELECT json_agg(DISTINCT id) FROM unnest({row}.ids) id)", Kind.JSON),
        # Each row with its changed fields.
        "changes": Field(
            "audit_changes({row}.entity, {row}.columns, {row}.before, {row}.after)",
            Kind.JSON,
            starred=False,
        ),
    },
    predicates={"entity_id": "{row}.ids && {values}"},
    always=("id",),
    soft=False,
)

ENTITIES = (AUDIT_LOG,)
