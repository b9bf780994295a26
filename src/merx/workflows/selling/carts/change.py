"""Changes of carts: the only way in which carts change.

Lock the cart, apply the change, then price, promote, tax and total it once. External providers are
not asked while the lock is held (`outside.py`), and the answer to the client is read in the same
transaction.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from merx.core.database import UNDONE, Database, Transaction, before_next_try
from merx.core.errors import Conflict, InvalidData
from merx.core.hooks import Change as Changed
from merx.core.hooks import run_hooks
from merx.modules.cart.hooks import CARTS
from merx.providers.fulfillment import FulfillmentProvider
from merx.providers.tax import TaxProvider
from merx.workflows.selling.carts.draft import Draft, Stored
from merx.workflows.selling.carts.load import lock_cart
from merx.workflows.selling.carts.outside import Answers, Unanswered
from merx.workflows.selling.carts.refresh import refresh
from merx.workflows.selling.carts.save import save_cart
from merx.workflows.selling.payment_collections import change_cart_collection

_MOST_CLASHES = 4
T = TypeVar("T")
Change = Callable[[Transaction, Draft, Answers], Awaitable[None]]
Reading = Callable[[Transaction, str], Awaitable[T]]

_IN_COMPLETION = """SELECT true FROM cart_completion
WHERE cart_id = $1 AND state = 'started'"""


def _rest() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Counter:
    """The context that carts are changed in: the database, the providers, the listeners."""

    database: Database
    taxes: dict[str, TaxProvider]
    deliveries: dict[str, FulfillmentProvider]
    wake: Callable[[], None] = _rest

    async def serve(self, work: Callable[[Transaction, Answers], Awaitable[T]]) -> T:
        """Run the work in a transaction.

        If it needs an answer from an external provider, roll it back, ask, and run it again. It is
        also run again if PostgreSQL rolled it back in favour of another transaction.
        """
        answers = Answers(self.taxes, self.deliveries)
        clashes = 0
        while True:
            try:
                async with self.database.write() as tx:
                    result = await work(tx, answers)
            except Unanswered as question:
                await answers.ask(question)
                continue
            except UNDONE:
                clashes += 1
                if clashes >= _MOST_CLASHES:
                    raise
                await before_next_try(clashes)
                continue
            self.wake()
            return result


async def change_cart(
    counter: Counter,
    cart_id: str,
    change: Change,
    read: Reading[T],
    *,
    body: BaseModel | None = None,
    event: str = "cart.updated",
    force_taxes: bool = False,
) -> T:
    """Change a cart and recompute everything that follows; returns what `read` reads afterwards.
    Hooks get the `body`.

    Raises NotFound, InvalidData for a completed cart, Conflict for one that is being completed.
    """

    async def work(tx: Transaction, answers: Answers) -> T:
        draft = await lock_cart(tx, cart_id)
        if draft.completed and force_taxes:
            # The taxes of sold items stay; taking up the cart again is no change.
            return await read(tx, cart_id)
        await refuse_completed(tx, draft)
        stored, shown = Stored.of(draft), [Changed(cart_id, body)]
        await run_hooks(tx, CARTS.updating, shown)
        await change(tx, draft, answers)
        await refresh(tx, draft, answers, force_taxes=force_taxes)
        await save_cart(tx, draft, stored, event)
        await run_hooks(tx, CARTS.updated, shown)
        await follow_payment(tx, draft)
        return await read(tx, cart_id)

    return await counter.serve(work)


async def refuse_completed(tx: Transaction, draft: Draft) -> None:
    """Refuse a cart that became an order, or is becoming one."""
    if draft.completed:
        raise InvalidData(f"Cart {draft.id} is already completed.")
    if draft.has_collection and await tx.fetchval(_IN_COMPLETION, draft.id):
        raise Conflict(f"Cart {draft.id} is being completed; try again")


async def follow_payment(tx: Transaction, draft: Draft) -> None:
    """Update the amount due to the cart's total.

    A new amount deletes the sessions for the old one.
    """
    if draft.has_collection and draft.totals is not None:
        await change_cart_collection(
            tx, draft.id, currency_code=draft.currency_code, amount=draft.totals.total
        )


async def nothing(tx: Transaction, draft: Draft, answers: Answers) -> None:
    """A change that only recomputes a cart."""
