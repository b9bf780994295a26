"""/admin/promotions/evaluate: the effect of promotions on a cart, and why. Merx's own."""

from fastapi import Request, Response

from merx.modules.promotion.evaluation_schemas import EvaluateCart
from merx.web.answers import answers_type
from merx.web.bodies import check_rows
from merx.web.reads import wrap
from merx.web.router import Router
from merx.web.transactions import Read
from merx.workflows.selling.evaluation import Evaluation, evaluate_cart

router = Router(prefix="/promotions/evaluate", tags=["promotions"])


@router.post("", openapi_extra=answers_type(Evaluation))
async def evaluate(request: Request, body: EvaluateCart, tx: Read) -> Response:
    """Evaluate promotions: whether each applies, its discount, or which rule fails.

    Nothing is written.
    """
    check_rows(request, len(body.items), len(body.shipping_methods), len(body.promo_codes))
    return wrap(**await evaluate_cart(tx, body))
