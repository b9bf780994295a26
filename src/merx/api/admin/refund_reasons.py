"""/admin/refund-reasons: reasons for refunds."""

from merx.modules.payment.models import RefundReason
from merx.modules.payment.schemas import CreateRefundReason, UpdateRefundReason
from merx.web.crud import Writes, plain_router
from merx.web.filters import texts, times
from merx.web.resource import Resource

REFUND_REASON = Resource(
    "refund_reason",
    "refund_reason",
    "refund_reasons",
    "id, label, code, description, created_at, updated_at, deleted_at",
    {
        "id": texts("id"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    limit=15,
    missing="Refund reason with id: {id} was not found",
    combines=False,
)

# A refund keeps the id of a deleted reason and shows no reason.
router = plain_router(
    "/refund-reasons",
    REFUND_REASON,
    Writes(
        RefundReason.__table__,
        "refr",
        create=CreateRefundReason,
        update=UpdateRefundReason,
        delete=True,
        unknown='RefundReason with id "{id}" not found',
    ),
)
