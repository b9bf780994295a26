"""Insert, update and delete many rows, in one statement each whatever the number of rows."""

from merx.batch.changes import (
    Patch,
    SoftDelete,
    Update,
    delete_rows,
    soft_delete_rows,
    update_rows,
)
from merx.batch.clashes import explained
from merx.batch.inserts import Insert, Raw, Row, insert_all, insert_rows
from merx.batch.locks import lock_rows
from merx.batch.patches import patch_row

__all__ = [
    "Insert",
    "Patch",
    "Raw",
    "Row",
    "SoftDelete",
    "Update",
    "delete_rows",
    "explained",
    "insert_all",
    "insert_rows",
    "lock_rows",
    "patch_row",
    "soft_delete_rows",
    "update_rows",
]
