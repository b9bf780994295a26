"""/admin/loyalty-accounts, and /store/loyalty-accounts for the customer who calls."""

from loyalty.models import LoyaltyAccount
from merx.extending import Count, Input, Writes, own_router, plain_router, resource_of


class UpdateAccount(Input):
    """What a shop may change of an account."""

    points: Count | None = None
    tier: str | None = None


ACCOUNT = resource_of(LoyaltyAccount)
WRITES = Writes(LoyaltyAccount.__table__, "loyacc", update=UpdateAccount)

admin = plain_router("/loyalty-accounts", ACCOUNT, WRITES)
store = own_router("/loyalty-accounts", ACCOUNT, owner="customer_id")
