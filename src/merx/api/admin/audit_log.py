"""/admin/audit-log: who changed what of catalogue, prices and stock, and when; and undoing it.
Ours."""

from typing_extensions import TypedDict

from merx.modules.audit.telling import RevertedRow
from merx.web.answers import answers
from merx.web.crud import plain_router
from merx.web.filters import texts, times
from merx.web.resource import Resource
from merx.web.transactions import Write
from merx.workflows.audit.revert import revert_batch

_FIELDS = (
    "id, created_at, batch_id, request_id, actor_type, actor_id, entity, action, row_count,"
    " entity_ids"
)
_FILTERS = {
    **{
        name: texts(name)
        for name in ("id", "batch_id", "request_id", "actor_type", "actor_id", "entity", "action")
    },
    "entity_id": texts("entity_id"),
    "created_at": times("created_at"),
}

ENTRIES = Resource(
    "audit_log",
    "audit_log_entry",
    "audit_log_entries",
    _FIELDS,
    _FILTERS,
    object="audit-log-entry",
    missing="Audit log entry with id: {id} was not found",
    searchable=False,
    order="-id",
)
ENTRY = Resource(
    "audit_log",
    "audit_log_entry",
    "audit_log_entries",
    f"{_FIELDS}, changes",
    missing=ENTRIES.missing,
)

router = plain_router("/audit-log", ENTRY, listed=ENTRIES)


class Revert(TypedDict):
    """What was reverted."""

    batch_id: str
    reverted: list[RevertedRow]


@router.post("/{id}/revert", openapi_extra=answers(audit_log_revert=Revert))
async def revert(id: str, tx: Write) -> dict[str, Revert]:
    """Undo the batch that the entry belongs to, all its rows or none."""
    batch_id, rows = await revert_batch(tx, id)
    return {"audit_log_revert": {"batch_id": batch_id, "reverted": rows}}
