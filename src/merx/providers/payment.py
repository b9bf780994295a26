"""Who moves money: what a payment provider is asked and what it answers.

Amounts are exact decimals in the currency's unit (9.95), already rounded to what the currency has.
A provider turns them into its own at its door. docs/reference/payments.md tells how one is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

Data = Mapping[str, Any]


class SessionStatus(StrEnum):
    """How far an attempt to pay has come."""

    PENDING = "pending"
    REQUIRES_MORE = "requires_more"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    CANCELED = "canceled"
    ERROR = "error"


class PaymentFailed(Exception):
    """The provider said no, and nothing has happened: a card is declined, an amount too large."""


class OutcomeUnknown(Exception):
    """The provider gave no answer: it may have done what it was asked, or not."""


class NoticeRefused(Exception):
    """A webhook call that the provider did not sign."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A customer as the provider knows it."""

    external_id: str
    data: Data = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Person:
    """A customer who gets an account at the provider; `id` is the shop's."""

    id: str
    email: str | None
    name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """What is asked: `key` is the same whenever the same thing is asked again.

    `data` is what the provider has answered before, or what the buyer sent to a new session.
    """

    key: str
    session_id: str
    amount: Decimal
    currency_code: str
    data: Data = field(default_factory=dict[str, Any])
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the provider has done, and what it wants to be told the next time."""

    status: SessionStatus
    data: Data = field(default_factory=dict[str, Any])


class Action(StrEnum):
    """What a webhook call tells of a session."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    FAILED = "failed"
    CANCELED = "canceled"
    REQUIRES_MORE = "requires_more"
    PENDING = "pending"
    NOT_SUPPORTED = "not_supported"


@dataclass(frozen=True, slots=True)
class Notice:
    """A webhook call, understood; `amount` is all that is captured so far, `refunded` all that is
    given back."""

    action: Action
    session_id: str = ""
    amount: Decimal | None = None
    data: Data | None = None
    refunded: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SavedMethod:
    """A way to pay that the provider keeps for a customer."""

    id: str
    data: Data


class PaymentProvider(Protocol):
    """Moves money. Every call may be made again with the same key and must then do nothing more.

    A call answers an outcome, raises `PaymentFailed` if nothing has happened, and `OutcomeUnknown`
    if it cannot tell. Whatever else it raises counts as unknown.
    """

    @property
    def id(self) -> str:
        """The id of its row in `payment_provider`: `pp_<identifier>_<name>`."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether it answers at once from what it is given and asks nobody outside.

        It may then be asked while rows are locked, and cannot wait (`at_once`)."""
        ...

    @property
    def has_accounts(self) -> bool:
        """Whether customers get an account at it, which can save ways to pay."""
        ...

    async def initiate(self, charge: Charge) -> Outcome:
        """Begin an attempt to pay."""
        ...

    async def update(self, charge: Charge) -> Outcome:
        """Change the amount of an attempt that nobody has authorized."""
        ...

    async def authorize(self, charge: Charge) -> Outcome:
        """Secure the money, or tell what the buyer must do first (`requires_more`)."""
        ...

    async def capture(self, charge: Charge) -> Outcome:
        """Take the amount, which may be a part of what is authorized."""
        ...

    async def refund(self, charge: Charge) -> Outcome:
        """Give the amount back, which may be a part of what was captured."""
        ...

    async def cancel(self, charge: Charge) -> Outcome:
        """Give up what is authorized and not captured."""
        ...

    async def delete(self, charge: Charge) -> Outcome:
        """Forget an attempt that nobody has authorized."""
        ...

    async def look_up(self, charge: Charge) -> Outcome:
        """How far the attempt has come, without changing anything."""
        ...

    async def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """What a webhook call says; raises `NoticeRefused` if it is not signed as it must be."""
        ...

    async def open_account(self, person: Person, key: str) -> Holder:
        """An account for the customer."""
        ...

    async def saved_methods(self, holder: Holder) -> Sequence[SavedMethod]:
        """The ways to pay that the account keeps."""
        ...

    async def save_method(self, holder: Holder, data: Data, key: str) -> SavedMethod:
        """Keep one way to pay more."""
        ...


class SystemPaymentProvider:
    """The shop's own: the money is settled by hand, so it says yes to everything."""

    id = "pp_system_default"
    is_local = True
    has_accounts = True

    async def initiate(self, charge: Charge) -> Outcome:
        """A pending attempt with the data that the buyer sent."""
        return Outcome(SessionStatus.PENDING, charge.data)

    async def update(self, charge: Charge) -> Outcome:
        """The same with another amount."""
        return Outcome(SessionStatus.PENDING, charge.data)

    async def authorize(self, charge: Charge) -> Outcome:
        """Always."""
        return Outcome(SessionStatus.AUTHORIZED, charge.data)

    async def capture(self, charge: Charge) -> Outcome:
        """Always."""
        return Outcome(SessionStatus.CAPTURED, charge.data)

    async def refund(self, charge: Charge) -> Outcome:
        """Always."""
        return Outcome(SessionStatus.CAPTURED, charge.data)

    async def cancel(self, charge: Charge) -> Outcome:
        """Always."""
        return Outcome(SessionStatus.CANCELED, charge.data)

    async def delete(self, charge: Charge) -> Outcome:
        """Always."""
        return Outcome(SessionStatus.CANCELED, charge.data)

    async def look_up(self, charge: Charge) -> Outcome:
        """As nobody outside knows more, whatever is asked about is taken to be authorized."""
        return Outcome(SessionStatus.AUTHORIZED, charge.data)

    async def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """It has nothing to tell."""
        return Notice(Action.NOT_SUPPORTED)

    async def open_account(self, person: Person, key: str) -> Holder:
        """It knows customers by the shop's id."""
        return Holder(person.id)

    async def saved_methods(self, holder: Holder) -> Sequence[SavedMethod]:
        """None."""
        return ()

    async def save_method(self, holder: Holder, data: Data, key: str) -> SavedMethod:
        """Nothing can be saved."""
        raise PaymentFailed("Payment methods cannot be saved with the system provider")
