"""A change of a cart: the one way in which carts change.

Lock the cart, apply the change, then price, promote, tax and total once. No provider outside is
asked while the lock is held (`outside.py`), and what is answered is read in the same transaction.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

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
    """Where carts are served: the database, who is asked outside, and who is told."""

    database: Database
    taxes: dict[str, TaxProvider]
    deliveries: dict[str, FulfillmentProvider]
    wake: Callable[[], None] = _rest

    async def serve(self, work: Callable[[Transaction, Answers], Awaitable[T]]) -> T:
        """Run the work in a transaction; where it needs an answer from outside, undo it, ask, and
        run it again. It is run again too when PostgreSQL undid it in favour of another."""
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
    event: str = "cart.updated",
    force_taxes: bool = False,
) -> T:
    """Change a cart and bring the rest of it up to date; what `read` reads of it afterwards.

    Raises NotFound, InvalidData for a cart that is completed, Conflict for one that is being so.
    """

    async def work(tx: Transaction, answers: Answers) -> T:
        draft = await lock_cart(tx, cart_id)
        if draft.completed and force_taxes:
            # The taxes of what is sold stay; asking for them is no change.
            return await read(tx, cart_id)
        await refuse_completed(tx, draft)
        stored = Stored.of(draft)
        await change(tx, draft, answers)
        await refresh(tx, draft, answers, force_taxes=force_taxes)
        await save_cart(tx, draft, stored, event)
        await run_hooks(tx, CARTS.updated, [Changed(cart_id, draft.body)])
        await follow_payment(tx, draft)
        return await read(tx, cart_id)

    return await counter.serve(work)


async def refuse_completed(tx: Transaction, draft: Draft) -> None:
    """A cart that became an order, or is about to, is not changed."""
    if draft.completed:
        raise InvalidData(f"Cart {draft.id} is already completed.")
    if draft.has_collection and await tx.fetchval(_IN_COMPLETION, draft.id):
        raise Conflict(f"Cart {draft.id} is being completed; try again")


async def follow_payment(tx: Transaction, draft: Draft) -> None:
    """What is owed follows the cart; another amount ends the sessions that were to pay it."""
    if draft.has_collection and draft.totals is not None:
        await change_cart_collection(
            tx, draft.id, currency_code=draft.currency_code, amount=draft.totals.total
        )


async def nothing(tx: Transaction, draft: Draft, answers: Answers) -> None:
    """The change that only brings a cart up to date."""


def no_answer(_: Transaction, cart_id: str) -> Any:
    """For those who read nothing afterwards."""

    async def read() -> None:
        return None

    return read()
