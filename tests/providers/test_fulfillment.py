"""The manual provider holds to the contract, and the contract finds who does not."""

from decimal import Decimal

import pytest

from merx.providers.fulfillment import (
    Accepted,
    Data,
    DeliveryPrice,
    DeliveryRefused,
    Destination,
    Goods,
    Handover,
    ManualProvider,
    Parcel,
)
from merx.providers.fulfillment_contract import Case, check_fulfillment_provider

HANDOVER = Handover("ful_1", "sloc_1", Destination("dk"), [Goods("Shirt", Decimal(2))])
CASE = Case(Parcel("eur", Destination("dk")), HANDOVER, data={"note": "ring"})


async def test_the_manual_provider_holds_to_the_contract() -> None:
    await check_fulfillment_provider(ManualProvider(), CASE)


class Courier(ManualProvider):
    """A provider that keeps to what it says."""

    id = "courier_courier"
    is_local = False

    async def can_calculate(self, option: Data) -> bool:
        return True

    async def calculate_price(self, option: Data, data: Data, parcel: Parcel) -> DeliveryPrice:
        return DeliveryPrice(Decimal(5))

    async def create_fulfillment(self, handover: Handover) -> Accepted:
        if handover.to.country_code == "aq":
            raise DeliveryRefused("Nobody goes there")
        return Accepted({"number": f"C-{handover.key}"})


async def test_a_provider_with_prices_and_refusals_holds_to_it() -> None:
    refused = Handover("ful_2", "sloc_1", Destination("aq"), [])
    await check_fulfillment_provider(
        Courier(), Case(CASE.parcel, HANDOVER, refused=refused, option={"service": "bike"})
    )


class Twice(Courier):
    count = 0

    async def create_fulfillment(self, handover: Handover) -> Accepted:
        self.count += 1
        return Accepted({"number": self.count})


class Negative(Courier):
    async def calculate_price(self, option: Data, data: Data, parcel: Parcel) -> DeliveryPrice:
        return DeliveryPrice(Decimal(-1))


class Yes(Courier):
    async def create_fulfillment(self, handover: Handover) -> Accepted:
        return Accepted()


@pytest.mark.parametrize(
    ("provider", "promise"),
    [
        (Twice(), "the same key is the same handover"),
        (Negative(), "a price is not negative"),
        (Yes(), "it says no by DeliveryRefused"),
    ],
)
async def test_who_does_not_is_found(provider: Courier, promise: str) -> None:
    case = Case(CASE.parcel, HANDOVER, refused=HANDOVER)

    with pytest.raises(AssertionError, match=promise):
        await check_fulfillment_provider(provider, case)
