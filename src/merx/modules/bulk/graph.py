"""What can be read of bulk jobs."""

from merx.modules.bulk import models
from merx.query.graph import Entity, columns, table_name

BULK_JOB = Entity(
    "bulk_job",
    table_name(models.BulkJob.__table__),
    columns(models.BulkJob.__table__, hidden=("file_key", "digest", "attempts")),
    always=("id",),
    search=("file_name",),
)

ENTITIES = (BULK_JOB,)
