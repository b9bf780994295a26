"""The customer of a cart: the one who is logged in, or the one with its e-mail, guest or not."""

from dataclasses import dataclass

from merx.batch import Insert, insert_all
from merx.core.database import Transaction
from merx.core.errors import NotAllowed
from merx.core.ids import new_id
from merx.core.schema import same_email
from merx.modules.customer.models import Customer
from merx.outbox import emit
from merx.workflows.selling.carts.change import Change
from merx.workflows.selling.carts.draft import Draft
from merx.workflows.selling.carts.outside import Answers

_FIND = f"""SELECT id, email, has_account FROM customer
WHERE {same_email("$1")} AND deleted_at IS NULL ORDER BY has_account DESC LIMIT 1"""
_GET = "SELECT id, email, has_account FROM customer WHERE id = $1 AND deleted_at IS NULL"


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer, as far as carts need it."""

    id: str
    email: str | None
    has_account: bool


async def find_buyer(tx: Transaction, customer_id: str) -> Buyer | None:
    """The live customer with the id."""
    record = await tx.fetchrow(_GET, customer_id)
    return Buyer(*record) if record else None


async def buyer_of(tx: Transaction, email: str) -> Buyer:
    """The customer with the e-mail, created if there is none; one with an account is preferred."""
    written = email.lower()
    record = await tx.fetchrow(_FIND, written)
    if record is not None:
        return Buyer(*record)
    row = {"id": new_id("cus"), "email": written}
    [made] = await insert_all(
        tx, Insert(Customer.__table__, [row], skip_conflicts=True, returning="id")
    )
    if not made:
        # A concurrent request was faster: the statement waited for it, so the row exists now.
        record = await tx.fetchrow(_FIND, written)
        assert record is not None
        return Buyer(*record)
    await emit(tx, "customer.created", made)
    return Buyer(row["id"], written, False)


async def set_email(tx: Transaction, draft: Draft, email: str) -> None:
    """Set the e-mail.

    A guest's cart moves to the guest with it, a customer's keeps its customer.
    """
    if draft.customer_id is not None and draft.has_account:
        draft.email = email
        return
    buyer = await buyer_of(tx, email)
    draft.customer_id, draft.has_account = buyer.id, buyer.has_account
    draft.email = buyer.email


def take_cart(customer_id: str) -> Change:
    """Assign the cart to the customer who has logged in.

    A cart of another customer with an account stays theirs; the reference gives it to anybody who
    knows its id.
    """

    async def change(tx: Transaction, draft: Draft, answers: Answers) -> None:
        if draft.customer_id == customer_id:
            return
        if draft.customer_id is not None and draft.has_account:
            raise NotAllowed(f"Cart {draft.id} belongs to another customer")
        buyer = await find_buyer(tx, customer_id)
        assert buyer is not None
        draft.customer_id, draft.has_account = buyer.id, buyer.has_account
        draft.email = buyer.email

    return change
