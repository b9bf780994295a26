"""The till: the database, the payment providers, and the listeners to movements of money.

A request to a provider is committed before it is sent, and its answer in a second transaction; no
lock is held in between. `settle` implements this order.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from merx.core.database import Database, Transaction
from merx.core.errors import InvalidData
from merx.modules.payment.requests import Answer, ProviderRequest, ask, write_request
from merx.providers.payment import PaymentProvider

Providers = Mapping[str, PaymentProvider]


class Moved(StrEnum):
    """What happened to a payment."""

    CAPTURED = "capture"
    REFUNDED = "refund"
    CANCELED = "cancel"


@dataclass(frozen=True, slots=True)
class Movement:
    """A capture, refund or cancellation; `row_id` is the capture, refund or payment."""

    what: Moved
    row_id: str
    payment_id: str
    payment_collection_id: str
    amount: Decimal
    currency_code: str
    refund_reason_id: str | None = None
    note: str | None = None
    created_by: str | None = None


# Called in the transaction that writes the movement, whatever caused it: a request, a webhook or
# the reconciler. An exception rolls it back.
Listener = Callable[[Transaction, Movement], Awaitable[None]]


def _rest() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Till:
    """Everything needed to request money."""

    database: Database
    providers: Providers
    listeners: tuple[Listener, ...] = ()
    wake: Callable[[], None] = _rest

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Transaction]:
        """A transaction; the relay is woken after its commit."""
        async with self.database.write() as tx:
            yield tx
        self.wake()

    def provider(self, provider_id: str) -> PaymentProvider:
        """The provider with this id; InvalidData if this process has none."""
        found = self.providers.get(provider_id)
        if found is None:
            raise InvalidData(f"Payment provider {provider_id} is not set up")
        return found

    async def record(self, tx: Transaction, request: ProviderRequest) -> ProviderRequest:
        """Record a request that is about to be sent. One to a local provider, which is asked in
        the same transaction, is recorded with its answer.
        """
        if self.provider(request.provider_id).is_local:
            return replace(request, is_written=False)
        await write_request(tx, request)
        return request

    async def ask(self, request: ProviderRequest) -> Answer:
        """The provider's answer; never raises. Call it without holding locks."""
        return await ask(self.provider(request.provider_id), request)

    async def settle(
        self,
        begin: Callable[[Transaction], Awaitable[Sequence[ProviderRequest]]],
        finish: Callable[[Transaction, ProviderRequest, Answer], Awaitable[None]],
    ) -> None:
        """Record requests, send them, store the answers; then raise the first failure.

        Requests to local providers are recorded and answered in one transaction, as those ask
        nobody outside.
        """
        async with self.write() as tx:
            requests = await begin(tx)
            if all(self.provider(one.provider_id).is_local for one in requests):
                for one in requests:
                    await finish(tx, one, await self.ask(one))
                return
        answers = [await self.ask(one) for one in requests]
        async with self.write() as tx:
            for one, answer in zip(requests, answers, strict=True):
                await finish(tx, one, answer)
        for answer in answers:
            answer.check()

    async def tell(self, tx: Transaction, movement: Movement) -> None:
        """Call the listeners, in the same transaction."""
        for listener in self.listeners:
            await listener(tx, movement)
