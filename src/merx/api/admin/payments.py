"""/admin/payments: payments, their captures and refunds, and their providers."""

from fastapi import Request, Response

from merx.modules.payment.payments import capture_payment, refund_payment
from merx.modules.payment.schemas import CapturePayment, RefundPayment
from merx.web.crud import plain_router
from merx.web.filters import texts, times
from merx.web.queries import read_query
from merx.web.resource import Resource
from merx.web.tills import Tills, answer_moved

PAYMENT = Resource(
    "payment",
    "payment",
    "payments",
    "id, currency_code, amount, captured_at, payment_collection_id, payment_session_id,"
    " captures.id, captures.amount, refunds.id, refunds.amount, refunds.note,"
    " refunds.payment_id, refunds.refund_reason.label, refunds.refund_reason.code",
    {
        "id": texts("id"),
        "payment_session_id": texts("payment_session_id"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    missing="Payment with id: {id} was not found",
)

router = plain_router("/payments", PAYMENT)


@router.post("/{id}/capture", openapi_extra=PAYMENT.parameters)
async def capture(id: str, request: Request, body: CapturePayment, till: Tills) -> Response:
    """Capture an authorized payment, by default all that is left."""
    query = read_query(request, PAYMENT)
    await capture_payment(till, id, body.wanted)
    return await answer_moved(till, PAYMENT, id, query)


@router.post("/{id}/refund", openapi_extra=PAYMENT.parameters)
async def refund(id: str, request: Request, body: RefundPayment, till: Tills) -> Response:
    """Refund a captured payment, by default all that is left."""
    reason, note = body.refund_reason_id or None, body.note or None
    query = read_query(request, PAYMENT)
    await refund_payment(till, id, body.wanted, refund_reason_id=reason, note=note)
    return await answer_moved(till, PAYMENT, id, query)
