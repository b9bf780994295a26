"""What every fulfillment provider must hold to: a test that any package with one can run.

    async def test_the_courier_holds_to_the_contract() -> None:
        await check_fulfillment_provider(Courier(), Case(option={"service": "bike"}, …))

The provider talks to a double of its service, or to the service's own test environment.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from merx.providers.fulfillment import (
    Accepted,
    Data,
    DeliveryRefused,
    FulfillmentProvider,
    Handover,
    Parcel,
)


@dataclass(frozen=True, slots=True)
class Case:
    """What the provider can deliver: data of an option and of a method, a parcel and a delivery.

    `refused` is a delivery that it refuses, if there is such.
    """

    parcel: Parcel
    handover: Handover
    option: Data = field(default_factory=dict[str, Any])
    data: Data = field(default_factory=dict[str, Any])
    refused: Handover | None = None


async def check_fulfillment_provider(provider: FulfillmentProvider, case: Case) -> None:
    """Call everything once, and twice where repetition must be safe.

    Raises AssertionError with the broken promise.
    """
    await _check_options(provider, case)
    await _check_price(provider, case)
    await _check_handover(provider, case, is_return=False)
    await _check_handover(provider, case, is_return=True)
    await _check_refusal(provider, case)


async def _check_options(provider: FulfillmentProvider, case: Case) -> None:
    _hold(len(provider.id.split("_")) >= 2, "its id is <identifier>_<name>")
    options = await provider.options()
    _hold(len(options) > 0, "it offers a service")
    _hold(len({one.id for one in options}) == len(options), "each service has an id of its own")
    for one in options:
        _check_data(one.data, "of a service")
    _hold(await provider.validate_option(case.option), "it accepts the option of the case")
    kept = await provider.validate_data(case.option, case.data, case.parcel)
    _check_data(kept, "that a method keeps")


async def _check_price(provider: FulfillmentProvider, case: Case) -> None:
    if not await provider.can_calculate(case.option):
        try:
            await provider.calculate_price(case.option, case.data, case.parcel)
        except DeliveryRefused:
            return
        _hold(False, "one who cannot calculate a price refuses to")
    first = await provider.calculate_price(case.option, case.data, case.parcel)
    again = await provider.calculate_price(case.option, case.data, case.parcel)
    _hold(first.amount >= 0, "a price is not negative")
    _hold(first == again, "the same parcel has the same price")


async def _check_handover(provider: FulfillmentProvider, case: Case, *, is_return: bool) -> None:
    ask = provider.create_return if is_return else provider.create_fulfillment
    first = await ask(case.handover)
    again = await ask(case.handover)
    _check_accepted(first)
    _hold(first.data == again.data, "the same key is the same handover, which is made once")
    for document in await provider.documents(first.data):
        _hold(bool(document.kind and document.url), "a document has a kind and an address")
    await provider.cancel_fulfillment(case.handover.key, first.data)
    # A canceled delivery may be canceled again, also by a caller that never got the answer.
    await provider.cancel_fulfillment(case.handover.key, {})


async def _check_refusal(provider: FulfillmentProvider, case: Case) -> None:
    if case.refused is None:
        return
    try:
        await provider.create_fulfillment(case.refused)
    except DeliveryRefused as error:
        _hold(bool(str(error)), "a refusal says why")
        return
    _hold(False, "it says no by DeliveryRefused")


def _check_accepted(accepted: Accepted) -> None:
    _check_data(accepted.data, "of a handover")
    for label in accepted.labels:
        _hold(bool(label.tracking_number), "a label has a number by which it can be followed")


def _check_data(data: Data, whose: str) -> None:
    _hold(orjson.loads(orjson.dumps(dict(data))) == dict(data), f"the data {whose} is plain JSON")


def _hold(is_so: bool, promise: str) -> None:
    if not is_so:
        raise AssertionError(f"The contract of fulfillment providers: {promise}")
