"""The shipping options available in a context, and their prices."""

from decimal import Decimal
from typing import Any

import pytest

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.providers.fulfillment import (
    Data,
    DeliveryPrice,
    DeliveryRefused,
    Destination,
    FulfillmentProviders,
    ManualProvider,
    Parcel,
)
from merx.workflows.selling.shipping_options import Choice, ShippingContext, price_methods
from tests.factories.catalogue import make_region
from tests.factories.delivery import Depot, let_deliver, make_depot, make_option, make_zone

US = {"country_code": "us", "province_code": "us-ny", "city": "Albany"}


class Courier(ManualProvider):
    """Asks five for each piece, and nothing of whoever lives in Albany."""

    id = "courier_courier"
    is_local = False

    async def can_calculate(self, option: Data) -> bool:
        return True

    async def calculate_price(self, option: Data, data: Data, parcel: Parcel) -> DeliveryPrice:
        if parcel.to and parcel.to.city == "Albany":
            raise DeliveryRefused("Nobody goes to Albany")
        return DeliveryPrice(Decimal(5) + Decimal(str(data.get("extra", 0))), True)

    async def validate_data(self, option: Data, data: Data, parcel: Parcel) -> Data:
        if "drop" in data:
            raise DeliveryRefused("There is no such shop to drop it at")
        return {**data, "seen": option.get("service")}


PROVIDERS = FulfillmentProviders.of([Courier()])


async def amounts(
    tx: Transaction, depot: Depot, *option_ids: str, to: Destination | None = None, **facts: Any
) -> dict[str, Decimal]:
    """The prices of those of the options that are on offer and have one."""
    context = ShippingContext(
        **{"currency_code": "eur", "sales_channel_id": depot.channel_id, "to": to, **facts}
    )
    choices = [Choice(option_id) for option_id in option_ids]
    priced = await price_methods(tx, PROVIDERS, context, choices)
    return {option_id: method.amount for option_id, method in priced.found.items()}


async def test_an_option_of_another_channels_location_is_not_offered(tx: Transaction) -> None:
    here, there = await make_depot(tx, "Here"), await make_depot(tx, "There")
    option = await make_option(tx, there)

    assert await amounts(tx, here, option) == {}
    assert await amounts(tx, there, option) == {option: 10}


async def test_without_a_channel_every_location_delivers(tx: Transaction) -> None:
    depot = await make_depot(tx)
    option = await make_option(tx, depot)

    assert await amounts(tx, depot, option, sales_channel_id=None) == {option: 10}


RANGE = {"from": "100", "to": "199"}


def _zip(**expression: Any) -> dict[str, Any]:
    return {"type": "zip", **US, "postal_expression": expression}


PLACES = [
    ("country", {"type": "country", "country_code": "us"}, {}, True),
    ("country in capitals", {"type": "country", "country_code": "US"}, {}, True),
    ("other country", {"type": "country", "country_code": "dk"}, {}, False),
    ("province", {**US, "type": "province"}, {"province": "us-ny"}, True),
    ("other province", {**US, "type": "province"}, {"province": "us-ca"}, False),
    ("no province", {**US, "type": "province"}, {}, False),
    ("city", {**US, "type": "city"}, {"province": "us-ny", "city": "Albany"}, True),
    ("city of unknown province", {**US, "type": "city"}, {"city": "Albany"}, True),
    ("another's city", {**US, "type": "city"}, {"province": "us-ca", "city": "Albany"}, False),
    ("other city", {**US, "type": "city"}, {"city": "Troy"}, False),
    ("listed", _zip(**{"in": ["12 203"]}), {"postal_code": "12203"}, True),
    ("not listed", _zip(**{"in": ["1"]}), {"postal_code": "12203"}, False),
    ("prefix", _zip(prefix=["ab"]), {"postal_code": "AB1 2"}, True),
    ("no prefix", _zip(prefix=["b"]), {"postal_code": "A1"}, False),
    ("within", _zip(**RANGE), {"postal_code": "150"}, True),
    ("beyond", _zip(**RANGE), {"postal_code": "200"}, False),
    ("longer", _zip(**RANGE), {"postal_code": "1500"}, False),
    ("no code", _zip(**{"in": ["1"]}), {}, False),
    ("unknown expression", _zip(**{"in": 5}), {"postal_code": "5"}, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "to", "served"), [c[1:] for c in PLACES], ids=[c[0] for c in PLACES]
)
async def test_a_zone_serves_its_places(
    tx: Transaction, place: dict[str, Any], to: dict[str, str], served: bool
) -> None:
    depot = await make_depot(tx, places=[place])
    option = await make_option(tx, depot)

    given = await amounts(tx, depot, option, to=Destination("us", **to))

    assert bool(given) is served


async def test_without_an_address_every_zone_is_offered(tx: Transaction) -> None:
    depot = await make_depot(tx)
    option = await make_option(tx, depot)

    assert await amounts(tx, depot, option, to=Destination()) == {option: 10}


RULES = [
    ("eq", "x", ["x"], True), ("eq", "x", ["y", "x"], True), ("eq", "x", [], False),
    ("ne", "x", ["x"], False), ("ne", "x", [], True), ("in", ["x", "y"], ["y"], True),
    ("in", ["x"], ["z"], False), ("in", [], ["z"], False), ("nin", ["x"], ["x"], False),
    ("nin", ["x"], [], True), ("gt", "5", ["5.1"], True), ("gt", "5", ["5"], False),
    ("gte", "5", ["5"], True), ("lt", "5", ["4"], True), ("lte", "5", ["5"], True),
    ("lt", "5", [], False), ("gt", "x", ["y"], False), ("gt", "1", ["y"], False),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "value", "held", "met"), RULES)
async def test_a_rule_asks_the_context(
    tx: Transaction, operator: str, value: Any, held: list[str], met: bool
) -> None:
    depot = await make_depot(tx)
    rule = {"attribute": "level", "operator": operator, "value": value}
    option = await make_option(tx, depot, rules=[rule])

    given = await amounts(tx, depot, option, attributes={"level": held} if held else {})

    assert bool(given) is met


async def test_who_is_no_storefront_may_choose_what_the_store_does_not_show(
    tx: Transaction,
) -> None:
    depot = await make_depot(tx)
    hidden = {"attribute": "enabled_in_store", "operator": "eq", "value": "false"}
    option = await make_option(tx, depot, rules=[hidden])

    assert await amounts(tx, depot, option, enabled_in_store=True) == {}
    assert await amounts(tx, depot, option) == {option: 10}


async def test_returns_have_options_of_their_own(tx: Transaction) -> None:
    depot = await make_depot(tx)
    back = {"attribute": "is_return", "operator": "eq", "value": "true"}
    option = await make_option(tx, depot, rules=[back])

    assert await amounts(tx, depot, option) == {}
    assert await amounts(tx, depot, option, is_return=True) == {option: 10}


async def test_the_most_closely_bound_price_counts(tx: Transaction) -> None:
    depot = await make_depot(tx)
    region = await make_region(tx, "eur")
    free = {"attribute": "item_total", "operator": "gte", "value": 50}
    option = await make_option(
        tx,
        depot,
        prices=[
            {"currency_code": "eur", "amount": 10},
            {"region_id": region, "amount": 8.5},
            {"region_id": region, "amount": 0, "rules": [free]},
        ],
    )

    assert await amounts(tx, depot, option) == {option: 10}
    assert await amounts(tx, depot, option, region_id=region) == {option: Decimal("8.5")}
    dear = {"region_id": region, "item_total": Decimal("50.00")}
    assert await amounts(tx, depot, option, **dear) == {option: 0}
    assert await amounts(tx, depot, option, currency_code="usd") == {}


async def test_a_choice_that_is_not_offered_or_has_no_price_is_refused(tx: Transaction) -> None:
    depot = await make_depot(tx)
    option = await make_option(tx, depot, prices=[])
    context = ShippingContext("eur", sales_channel_id=depot.channel_id)

    absent = await price_methods(tx, PROVIDERS, context, [Choice("so_none")])
    free = await price_methods(tx, PROVIDERS, context, [Choice(option)])

    with pytest.raises(InvalidData, match=r"Shipping Options are invalid for cart\."):
        absent.checked()
    with pytest.raises(
        InvalidData, match=f"Shipping options with IDs {option} do not have a price"
    ):
        free.checked()


async def test_a_provider_prices_and_keeps_what_it_wants(tx: Transaction) -> None:
    depot = await make_depot(tx, places=[{"type": "country", "country_code": "us"}])
    await let_deliver(tx, depot.location_id, Courier.id)
    option = await make_option(
        tx,
        depot,
        providers=[Courier()],
        provider_id=Courier.id,
        price_type="calculated",
        data={"service": "bike"},
        prices=[],
    )
    context = ShippingContext("eur", sales_channel_id=depot.channel_id, to=Destination("us"))

    priced = await price_methods(tx, PROVIDERS, context, [Choice(option, {"extra": 0.5})])

    method = priced.checked()[option]
    assert (method.amount, method.is_tax_inclusive) == (Decimal("5.5"), True)
    assert method.data == {"extra": 0.5, "seen": "bike"}
    with pytest.raises(InvalidData, match="There is no such shop to drop it at"):
        await price_methods(tx, PROVIDERS, context, [Choice(option, {"drop": "x"})])
    albany = ShippingContext(
        "eur", sales_channel_id=depot.channel_id, to=Destination("us", city="Albany")
    )
    with pytest.raises(InvalidData, match="Nobody goes to Albany"):
        await price_methods(tx, PROVIDERS, albany, [Choice(option)])


async def test_a_zone_beside_is_another_zone(tx: Transaction) -> None:
    depot = await make_depot(tx)
    other = await make_zone(tx, depot.set_id, "Far", {"type": "country", "country_code": "us"})
    near = await make_option(tx, depot)
    far = await make_option(tx, depot, service_zone_id=other)

    assert await amounts(tx, depot, near, far, to=Destination("us")) == {far: 10}
