"""Asks external providers while nothing is locked.

A change of a cart runs under the cart's lock with stand-ins for the providers. A stand-in that
lacks an answer raises `Unanswered`: the change is rolled back, the provider asked, and the change
run again with the answer. If the cart changed meanwhile, the question differs and is asked again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from merx.core.errors import Conflict
from merx.modules.tax.lines import SYSTEM
from merx.providers.fulfillment import (
    Data,
    DeliveryPrice,
    DeliveryRefused,
    FulfillmentProvider,
    Parcel,
)
from merx.providers.tax import Place, TaxableItem, TaxesUnknown, TaxLine, TaxProvider

_TRIES = 6


# Not frozen: a context manager that it leaves sets its traceback.
@dataclass(eq=False)
class Unanswered(Exception):
    """A question that an external provider must answer first."""

    key: str
    ask: Callable[[], Awaitable[Any]]


class Answers:
    """The questions and answers so far, for one change of one cart."""

    def __init__(
        self, taxes: Mapping[str, TaxProvider], deliveries: Mapping[str, FulfillmentProvider]
    ) -> None:
        self._known: dict[str, Any] = {}
        self.taxes: dict[str, TaxProvider] = {
            one_id: one if one_id == SYSTEM.id else _Taxes(one, self)
            for one_id, one in taxes.items()
        }
        self.deliveries: dict[str, FulfillmentProvider] = {
            one_id: one if one.is_local else cast(FulfillmentProvider, _Deliveries(one, self))
            for one_id, one in deliveries.items()
        }

    async def ask(self, question: Unanswered) -> None:
        """Ask, and keep the answer, even a refusal. Conflict if the questions never end."""
        if len(self._known) >= _TRIES:
            raise Conflict("The cart keeps changing while its taxes are calculated; try again")
        try:
            self._known[question.key] = await question.ask()
        except (TaxesUnknown, DeliveryRefused) as refusal:
            self._known[question.key] = refusal

    def find(self, key: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        """The answer; raises `Unanswered` if there is none, or the provider's refusal."""
        if key not in self._known:
            raise Unanswered(key, ask)
        answer = self._known[key]
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass(frozen=True, slots=True)
class _Taxes:
    provider: TaxProvider
    answers: Answers

    @property
    def id(self) -> str:
        return self.provider.id

    async def tax_lines(self, items: Sequence[TaxableItem], place: Place) -> list[TaxLine]:
        # A change that is run again gives new lines other ids, which must not change the question.
        key = f"{self.id} {[replace(item, id='') for item in items]!r} {place!r}"

        async def ask() -> list[list[TaxLine]]:
            lines = await self.provider.tax_lines(items, place)
            return [[line for line in lines if line.item_id == item.id] for item in items]

        answer: list[list[TaxLine]] = self.answers.find(key, ask)
        return [
            replace(line, item_id=item.id)
            for item, lines in zip(items, answer, strict=True)
            for line in lines
        ]


@dataclass(frozen=True, slots=True)
class _Deliveries:
    """The part of a fulfillment provider that prices methods."""

    provider: FulfillmentProvider
    answers: Answers

    @property
    def id(self) -> str:
        return self.provider.id

    is_local = False

    async def validate_data(self, option: Data, data: Data, parcel: Parcel) -> Data:
        key = f"{self.id} data {option!r} {data!r} {parcel!r}"
        return self.answers.find(key, lambda: self.provider.validate_data(option, data, parcel))

    async def calculate_price(self, option: Data, data: Data, parcel: Parcel) -> DeliveryPrice:
        key = f"{self.id} price {option!r} {data!r} {parcel!r}"
        return self.answers.find(key, lambda: self.provider.calculate_price(option, data, parcel))
