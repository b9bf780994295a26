"""What every payment provider promises, as checks that any package can run in its own tests:

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    async def test_it_keeps_the_contract(check):
        await check(Subject(MyProvider(...), pay=confirm_in_the_sandbox))

A check raises AssertionError with what is broken.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

import orjson

from merx.providers.payment import (
    Action,
    Charge,
    Data,
    NoticeRefused,
    Outcome,
    PaymentFailed,
    PaymentProvider,
    Person,
    SessionStatus,
)

_SECURED = (SessionStatus.AUTHORIZED, SessionStatus.CAPTURED)
_TEN = Decimal(10)


async def _nothing(_: Data) -> None:
    """For a provider that needs no action of the buyer."""


@dataclass
class Subject:
    """A provider, and `pay`: what a buyer does with a session's data to authorize the payment."""

    provider: PaymentProvider
    pay: Callable[[Data], Awaitable[None]] = _nothing
    currency: str = "eur"
    _keys: "count[int]" = field(default_factory=lambda: count(1))

    def charge(self, data: Data | None = None, amount: Decimal = _TEN) -> Charge:
        """A request with a key of its own."""
        key = f"contract-{id(self)}-{next(self._keys)}"
        return Charge(key, "payses_contract", amount, self.currency, data or {})

    async def begun(self) -> Outcome:
        """A new session."""
        return await self.provider.initiate(self.charge())

    async def authorized(self) -> Outcome:
        """An authorized session."""
        begun = await self.begun()
        await self.pay(begun.data)
        return await self.provider.authorize(self.charge(begun.data))


Check = Callable[[Subject], Awaitable[None]]


async def has_an_id(subject: Subject) -> None:
    """Regions refer to it by its id, webhooks by the part after `pp_`."""
    assert subject.provider.id.startswith("pp_"), "the id must start with pp_"
    assert subject.provider.id == subject.provider.id.lower(), "the id must be lower case"


async def begins_without_money(subject: Subject) -> None:
    """A new session waits for its buyer, and its data can be stored."""
    begun = await subject.begun()
    assert begun.status not in _SECURED, "a new session must not be authorized"
    assert orjson.loads(orjson.dumps(dict(begun.data))) == dict(begun.data), "data must be JSON"


async def begins_once_under_one_key(subject: Subject) -> None:
    """Repeated with the same key, it creates no second session."""
    charge = subject.charge()
    first = await subject.provider.initiate(charge)
    second = await subject.provider.initiate(charge)
    assert first.data.get("id") == second.data.get("id"), "one key must begin one session"


async def waits_for_its_buyer(subject: Subject) -> None:
    """Before the buyer has paid, nothing is authorized."""
    if subject.pay is _nothing:
        return
    begun = await subject.begun()
    try:
        outcome = await subject.provider.authorize(subject.charge(begun.data))
    except PaymentFailed:
        return
    assert outcome.status not in _SECURED, "nobody has paid"


async def authorizes_what_was_paid(subject: Subject) -> None:
    """Once the buyer has paid, the session is authorized, however often that is asked."""
    authorized = await subject.authorized()
    assert authorized.status in _SECURED
    again = await subject.provider.authorize(subject.charge(authorized.data))
    seen = await subject.provider.look_up(subject.charge(authorized.data))
    assert again.status == authorized.status
    assert seen.status == authorized.status, "look_up must tell the same"


async def captures_once_under_one_key(subject: Subject) -> None:
    """A part can be captured; the same key captures nothing more."""
    authorized = await subject.authorized()
    if authorized.status is SessionStatus.CAPTURED:
        return
    charge = subject.charge(authorized.data, Decimal("2.5"))
    first = await subject.provider.capture(charge)
    second = await subject.provider.capture(charge)
    assert first.status is SessionStatus.CAPTURED
    assert dict(first.data) == dict(second.data), "one key must capture once"


async def refunds_once_under_one_key(subject: Subject) -> None:
    """A part can be refunded; the same key refunds nothing more, and the rest can follow."""
    taken = await subject.authorized()
    if taken.status is not SessionStatus.CAPTURED:
        taken = await subject.provider.capture(subject.charge(taken.data))
    charge = subject.charge(taken.data, Decimal(6))
    first = await subject.provider.refund(charge)
    await subject.provider.refund(charge)
    await subject.provider.refund(subject.charge(first.data, Decimal(4)))


async def cancels_again_and_again(subject: Subject) -> None:
    """A canceled payment can be canceled with another key."""
    authorized = await subject.authorized()
    if authorized.status is SessionStatus.CAPTURED:
        return
    first = await subject.provider.cancel(subject.charge(authorized.data))
    second = await subject.provider.cancel(subject.charge(first.data))
    assert first.status is second.status is SessionStatus.CANCELED


async def forgets_a_session(subject: Subject) -> None:
    """An unpaid session can be deleted, also twice."""
    begun = await subject.begun()
    await subject.provider.delete(subject.charge(begun.data))
    await subject.provider.delete(subject.charge(begun.data))


async def believes_no_unsigned_call(subject: Subject) -> None:
    """An unsigned webhook call moves no money."""
    try:
        notice = await subject.provider.read_notice(b'{"type": "paid"}', {})
    except NoticeRefused:
        return
    assert notice.action is Action.NOT_SUPPORTED, "an unsigned call must be refused"


async def opens_one_account_under_one_key(subject: Subject) -> None:
    """Two concurrent requests for one customer create one account."""
    if not subject.provider.has_accounts:
        return
    person = Person("cus_contract", "ann@shop.test", "Ann Lee")
    first = await subject.provider.open_account(person, "contract-account")
    second = await subject.provider.open_account(person, "contract-account")
    assert first.external_id == second.external_id
    await subject.provider.saved_methods(first)


CHECKS: tuple[Check, ...] = (
    has_an_id,
    begins_without_money,
    begins_once_under_one_key,
    waits_for_its_buyer,
    authorizes_what_was_paid,
    captures_once_under_one_key,
    refunds_once_under_one_key,
    cancels_again_and_again,
    forgets_a_session,
    believes_no_unsigned_call,
    opens_one_account_under_one_key,
)
