"""Customers with an account, and their credentials."""

from dataclasses import dataclass

from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.auth.identities import Identity, NewIdentity, create_identities
from merx.modules.auth.tokens import issue_token
from merx.settings import Settings
from tests.factories.keys import make_key, storefront
from tests.factories.people import PASSWORD, WEAK, bearer
from tests.factories.taxes import make_customer


@dataclass(frozen=True)
class Buyer:
    """A customer who can log in, and the publishable key of the storefront it uses."""

    id: str
    email: str
    identity: Identity
    key: str

    def token(self, settings: Settings, *, actor_type: str = "customer", lifetime: int = 60) -> str:
        return issue_token(self.identity, actor_type, secret=settings.jwt_secret, lifetime=lifetime)

    def headers(self, settings: Settings) -> dict[str, str]:
        """The key and a bearer token."""
        return {**storefront(self.key), **bearer(self.token(settings))}


async def make_buyer(tx: Transaction, email: str = "bea@home.test", **actors: str) -> Buyer:
    """A customer with an account and the default password; `actors` are its other actors."""
    customer_id = await make_customer(tx, email, has_account=True)
    metadata = {"customer_id": customer_id, **actors}
    new = NewIdentity(email, WEAK.hash(PASSWORD), metadata)
    identity, *_ = await create_identities(tx, [new])
    _, key = await make_key(tx)
    return Buyer(customer_id, email, identity, key)


async def make_newcomer(tx: Transaction, email: str = "new@home.test") -> Buyer:
    """A log-in without a customer."""
    identity, *_ = await create_identities(tx, [NewIdentity(email, WEAK.hash(PASSWORD), {})])
    _, key = await make_key(tx)
    return Buyer("", email, identity, key)


async def make_address(tx: Transaction, customer_id: str, city: str = "Aachen") -> str:
    """An address of a customer; its id."""
    address_id = new_id("cuaddr")
    await tx.execute(
        "INSERT INTO customer_address (id, customer_id, city) VALUES ($1, $2, $3)",
        address_id,
        customer_id,
        city,
    )
    return address_id
