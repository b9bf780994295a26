"""Payment providers: what they are asked and what they answer.

Amounts are exact decimals in the currency's unit (9.95), already rounded to the currency's digits.
A provider converts them to its own units. docs/reference/payments.md explains how to write one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

Data = Mapping[str, Any]


class SessionStatus(StrEnum):
    """The state of an attempt to pay."""

    PENDING = "pending"
    REQUIRES_MORE = "requires_more"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    CANCELED = "canceled"
    ERROR = "error"


class PaymentFailed(Exception):
    """The provider refused, and nothing has happened: a declined card, an amount too large."""


class OutcomeUnknown(Exception):
    """The provider did not answer: it may have done what it was asked, or not."""


class NoticeRefused(Exception):
    """A webhook call without the provider's signature."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A customer as the provider knows it."""

    external_id: str
    data: Data = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Person:
    """A customer for whom an account is created; `id` is the shop's."""

    id: str
    email: str | None
    name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """A request: `key` is the same in every repetition.

    `data` is the provider's earlier answer, or what the buyer sent to a new session.
    """

    key: str
    session_id: str
    amount: Decimal
    currency_code: str
    data: Data = field(default_factory=dict[str, Any])
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the provider has done, and the data it wants back later."""

    status: SessionStatus
    data: Data = field(default_factory=dict[str, Any])


class Action(StrEnum):
    """What a webhook call reports about a session."""

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
    """A parsed webhook call.

    `amount` is the total captured so far, `refunded` the total refunded.
    """

    action: Action
    session_id: str = ""
    amount: Decimal | None = None
    data: Data | None = None
    refunded: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SavedMethod:
    """A payment method that the provider has saved for a customer."""

    id: str
    data: Data


class PaymentProvider(Protocol):
    """Moves money. Every call may be repeated with the same key and must then do nothing more.

    A call returns an outcome, raises `PaymentFailed` if nothing has happened, and `OutcomeUnknown`
    if the outcome is unknown. Any other exception counts as unknown too.
    """

    @property
    def id(self) -> str:
        """The id of its row in `payment_provider`: `pp_<identifier>_<name>`."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether it answers from its arguments alone, without calling anything external.

        It may then be called while rows are locked, and cannot wait (`at_once`).
        """
        ...

    @property
    def has_accounts(self) -> bool:
        """Whether customers get an account at it, in which payment methods can be saved."""
        ...

    async def initiate(self, charge: Charge) -> Outcome:
        """Start an attempt to pay."""
        ...

    async def authorize(self, charge: Charge) -> Outcome:
        """Authorize the payment, or say what the buyer must do first (`requires_more`)."""
        ...

    async def capture(self, charge: Charge) -> Outcome:
        """Capture the amount, which may be part of the authorized one."""
        ...

    async def refund(self, charge: Charge) -> Outcome:
        """Refund the amount, which may be part of the captured one."""
        ...

    async def cancel(self, charge: Charge) -> Outcome:
        """Cancel what is authorized and not captured."""
        ...

    async def delete(self, charge: Charge) -> Outcome:
        """Delete an unauthorized attempt."""
        ...

    async def look_up(self, charge: Charge) -> Outcome:
        """The state of the attempt, without changing anything."""
        ...

    async def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Parse a webhook call; raises `NoticeRefused` if its signature is wrong."""
        ...

    async def open_account(self, person: Person, key: str) -> Holder:
        """Create an account for the customer."""
        ...

    async def saved_methods(self, holder: Holder) -> Sequence[SavedMethod]:
        """The payment methods saved in the account."""
        ...

    async def save_method(self, holder: Holder, data: Data, key: str) -> SavedMethod:
        """Save another payment method."""
        ...


class SystemPaymentProvider:
    """The built-in provider: payments are settled manually, so it accepts everything."""

    id = "pp_system_default"
    is_local = True
    has_accounts = True

    async def initiate(self, charge: Charge) -> Outcome:
        """A pending attempt with the buyer's data."""
        return Outcome(SessionStatus.PENDING, charge.data)

    async def authorize(self, charge: Charge) -> Outcome:
        """Always accepted."""
        return Outcome(SessionStatus.AUTHORIZED, charge.data)

    async def capture(self, charge: Charge) -> Outcome:
        """Always accepted."""
        return Outcome(SessionStatus.CAPTURED, charge.data)

    async def refund(self, charge: Charge) -> Outcome:
        """Always accepted."""
        return Outcome(SessionStatus.CAPTURED, charge.data)

    async def cancel(self, charge: Charge) -> Outcome:
        """Always accepted."""
        return Outcome(SessionStatus.CANCELED, charge.data)

    async def delete(self, charge: Charge) -> Outcome:
        """Always accepted."""
        return Outcome(SessionStatus.CANCELED, charge.data)

    async def look_up(self, charge: Charge) -> Outcome:
        """Everything that is asked about counts as authorized, as nothing external knows better."""
        return Outcome(SessionStatus.AUTHORIZED, charge.data)

    async def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """It sends no webhooks."""
        return Notice(Action.NOT_SUPPORTED)

    async def open_account(self, person: Person, key: str) -> Holder:
        """It identifies customers by the shop's id."""
        return Holder(person.id)

    async def saved_methods(self, holder: Holder) -> Sequence[SavedMethod]:
        """None."""
        return ()

    async def save_method(self, holder: Holder, data: Data, key: str) -> SavedMethod:
        """Not supported."""
        raise PaymentFailed("Payment methods cannot be saved with the system provider")
