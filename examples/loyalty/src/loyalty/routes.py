"""/admin/loyalty-accounts and /store/loyalty-accounts/me."""

from fastapi import Request, Response

from loyalty.models import LoyaltyAccount
from merx.access.customer import CUSTOMER_DOOR, Customer
from merx.core.errors import NotFound
from merx.core.kinds import Count, Input
from merx.web.crud import Writes, plain_router
from merx.web.filters import numbers, texts, times
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read


class UpdateAccount(Input):
    """What a shop may change of an account."""

    points: Count | None = None
    tier: str | None = None


ACCOUNT = Resource(
    "loyalty_account",
    "loyalty_account",
    "loyalty_accounts",
    "id, customer_id, points, tier, created_at, updated_at",
    {
        "customer_id": texts("customer_id"),
        "tier": texts("tier"),
        "points": numbers("points"),
        "created_at": times("created_at"),
    },
)

admin = plain_router(
    "/loyalty-accounts", ACCOUNT, Writes(LoyaltyAccount.__table__, "loyacc", update=UpdateAccount)
)

store = Router(
    prefix="/loyalty-accounts",
    tags=["store loyalty accounts"],
    door=CUSTOMER_DOOR,
)


@store.get("/me", openapi_extra=ACCOUNT.parameters)
async def get_my_account(request: Request, customer: Customer, tx: Read) -> Response:
    """The points of the customer who calls."""
    query = "SELECT id FROM loyalty_account WHERE customer_id = $1 AND deleted_at IS NULL"
    account_id = await tx.fetchval(query, customer.id)
    if account_id is None:
        raise NotFound("The customer has no loyalty account")
    return await answer_one(tx, ACCOUNT, account_id, request)
