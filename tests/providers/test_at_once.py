"""A provider that is declared local cannot wait, so no lock is held during an outside call."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from merx.modules.payment.requests import Answer, Kind, ProviderRequest, State, ask
from merx.providers.at_once import NotLocal, answer_of, at_once
from merx.providers.fulfillment import Destination, ManualProvider, Parcel
from merx.providers.payment import Charge, Outcome, SystemPaymentProvider
from merx.providers.tax import ApplicableRate, Place, SystemTaxProvider, TaxableItem

CHARGE = Charge("key", "payses_1", Decimal(1), "eur")


async def test_what_answers_from_what_it_is_given_is_local() -> None:
    item = TaxableItem(
        "1", [ApplicableRate("r", "c", "n", Decimal(20))], Decimal(1), Decimal(9), "eur"
    )
    [line] = at_once(SystemTaxProvider().tax_lines([item], Place("dk")))
    manual, system = ManualProvider(), SystemPaymentProvider()

    assert line.rate == 20
    assert at_once(manual.validate_data({}, {"a": 1}, Parcel("eur", Destination("dk")))) == {"a": 1}
    for kind in Kind:
        assert at_once(getattr(system, kind.value)(CHARGE)).data == {}


async def test_what_raises_raises() -> None:
    async def refuse() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        at_once(refuse())


@pytest.mark.parametrize("waits", [0, 0.01])
async def test_what_waits_is_not_local(waits: float) -> None:
    done = []

    async def wait() -> None:
        await asyncio.sleep(waits)
        done.append(1)

    with pytest.raises(NotLocal, match="wait waits"):
        await answer_of(wait(), is_local=True)
    await answer_of(wait(), is_local=False)
    assert done == [1]


class Pretender(SystemPaymentProvider):
    async def capture(self, charge: Charge) -> Outcome:
        await asyncio.sleep(0.01)
        return await super().capture(charge)


async def test_a_payment_provider_that_waits_though_local_is_asked_nothing() -> None:
    request: Any = ProviderRequest("key", Kind.CAPTURE, Pretender.id, CHARGE)

    answer: Answer = await ask(Pretender(), request)

    assert answer.state is State.UNKNOWN
    assert "must not say it is local" in answer.error
