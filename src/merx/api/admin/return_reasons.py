"""/admin/return-reasons: reasons for returns."""

from merx.modules.return_reason.models import ReturnReason
from merx.modules.return_reason.schemas import CreateReturnReason, UpdateReturnReason
from merx.web.crud import Writes, plain_router
from merx.web.filters import texts, times
from merx.web.resource import Resource

_COLUMNS = (
    "id, value, label, parent_return_reason_id, description, created_at, updated_at, deleted_at"
)
_FILTERS = {
    **{
        name: texts(name)
        for name in ("id", "value", "label", "description", "parent_return_reason_id")
    },
    **{name: times(name) for name in ("created_at", "updated_at", "deleted_at")},
}

RETURN_REASON = Resource(
    "return_reason",
    "return_reason",
    "return_reasons",
    f"{_COLUMNS}, *parent_return_reason, *return_reason_children",
    _FILTERS,
    missing="Return reason with id: {id} was not found",
)
# A list shows no relations by default.
LISTED = Resource("return_reason", "return_reason", "return_reasons", _COLUMNS, _FILTERS)

router = plain_router(
    "/return-reasons",
    RETURN_REASON,
    Writes(
        ReturnReason.__table__,
        "rr",
        create=CreateReturnReason,
        update=UpdateReturnReason,
        delete=True,
    ),
    listed=LISTED,
)
