"""/admin/promotions/{id}/rules, /target-rules and /buy-rules, changed in batches."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response

from merx.api.admin.promotions.resources import RULE
from merx.core.errors import InvalidData
from merx.modules.promotion.rule_attributes import RULE_KINDS
from merx.modules.promotion.rules import create_rules, delete_rules, update_rules
from merx.modules.promotion.schemas import BatchRules
from merx.modules.promotion.service import lock_promotion
from merx.web.bodies import check_rows
from merx.web.queries import ReadQuery, read_query
from merx.web.reads import find_given, wrap
from merx.web.router import Router
from merx.web.transactions import Write

router = Router(prefix="/promotions/{id}", tags=["promotions"])

_DEFAULTS = ReadQuery(None, {})


def _batch_of(kind: str) -> Callable[..., Awaitable[Response]]:
    async def batch(id: str, request: Request, body: BatchRules, tx: Write) -> Response:
        check_rows(request, len(body.create), len(body.update), len(body.delete))
        read_query(request, RULE)
        promotion_type = await lock_promotion(tx, id)
        if kind == "buy_rules" and body.create and promotion_type == "standard":
            raise InvalidData("Can't add buy rules to a standard promotion")
        await delete_rules(tx, id, kind, body.delete)
        updated = await update_rules(tx, id, kind, body.update)
        created = await create_rules(tx, id, kind, body.create)
        return wrap(
            created=await find_given(tx, RULE, created, _DEFAULTS),
            updated=await find_given(tx, RULE, updated, _DEFAULTS),
            deleted={"ids": body.delete, "object": RULE.object, "deleted": True},
        )

    return batch


for _word, _kind in RULE_KINDS.items():
    router.add_api_route(
        f"/{_word}/batch",
        _batch_of(_kind),
        methods=["POST"],
        name=f"batch_{_kind}",
        summary=f"Batch {_kind.replace('_', ' ')} of a promotion",
        openapi_extra=RULE.batch,
    )
