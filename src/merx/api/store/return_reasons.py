"""/store/return-reasons: reasons for returns that buyers can choose."""

from merx.web.crud import plain_router
from merx.web.resource import Resource

_COLUMNS = (
    "id",
    "value",
    "label",
    "parent_return_reason_id",
    "description",
    "created_at",
    "updated_at",
    "deleted_at",
)

RETURN_REASON = Resource(
    "return_reason",
    "return_reason",
    "return_reasons",
    f"{','.join(_COLUMNS)},*parent_return_reason,*return_reason_children",
    missing="Return reason with id: {id} was not found",
    searchable=False,
    combines=False,
    allowed=(*_COLUMNS, "parent_return_reason", "return_reason_children"),
)

router = plain_router("/return-reasons", RETURN_REASON)
router.tags = ["store return reasons"]
router.is_shared = True
