"""Orders that want the last use of a promotion, or the rest of a budget, at the same moment."""

import asyncio
from decimal import Decimal

import pytest

from merx.core.errors import NotAllowed
from merx.workflows.selling.promotion_uses import Taken, release_promotions, use_promotions
from tests.factories.promotions import make_promotion, read_promotion

pytestmark = pytest.mark.commits

ORDERS = 50
ORDER = "INSERT INTO \"order\" (id, currency_code) VALUES ($1, 'eur')"
SOMEBODY = {"customer_id": "cus_1", "customer_email": "a@b.de"}


def budget(kind, limit, **more):
    name = f"{kind}-{limit}"
    budget = {"type": kind, "limit": limit, **more}
    return {"campaign": {"name": name, "campaign_identifier": name, "budget": budget}}


async def complete(database, order_id, *taken, attributes=SOMEBODY):
    """Whether an order got what it wanted."""
    try:
        async with database.write() as tx:
            await tx.execute(ORDER, order_id)
            await use_promotions(tx, order_id, taken, attributes)
    except NotAllowed:
        return False
    return True


async def cancel(database, *order_ids):
    async with database.write() as tx:
        await release_promotions(tx, order_ids)


async def race(database, *taken, orders=ORDERS):
    """The orders that got what all of them wanted at once."""
    names = [f"order_{number}" for number in range(orders)]
    got = await asyncio.gather(*(complete(database, name, *taken) for name in names))
    return [name for name, won in zip(names, got, strict=True) if won]


async def test_of_many_orders_one_gets_the_last_use(admin, database):
    promotion = await make_promotion(admin, "LAST", limit=1)

    winners = await race(database, Taken(promotion["id"], Decimal(5)))

    assert len(winners) == 1
    assert (await read_promotion(admin, promotion["id"]))["used"] == 1

    await asyncio.gather(*(cancel(database, *winners) for _ in range(5)))

    assert (await read_promotion(admin, promotion["id"]))["used"] == 0
    assert await complete(database, "order_after", Taken(promotion["id"], Decimal(5)))


async def test_a_budget_of_money_is_never_exceeded(admin, database):
    bound = budget("spend", 100, currency_code="eur")
    promotion = await make_promotion(admin, "SPEND", **bound, method={"currency_code": "eur"})

    winners = await race(database, Taken(promotion["id"], Decimal("33.4")), orders=10)

    assert len(winners) == 2
    read = await read_promotion(admin, promotion["id"])
    assert read["campaign"]["budget"]["used"] == 66.8

    await cancel(database, *winners)

    assert (await read_promotion(admin, promotion["id"]))["campaign"]["budget"]["used"] == 0


async def test_each_customer_has_a_budget_of_their_own(admin, database):
    bound = budget("use_by_attribute", 1, attribute="customer_id")
    promotion = await make_promotion(admin, "EACH", **bound)
    taken = Taken(promotion["id"], Decimal(5))

    winners = await race(database, taken, orders=10)
    other = await complete(database, "other", taken, attributes={"customer_id": "cus_2"})
    nobody = await complete(database, "nobody", taken, attributes={"customer_id": None})

    assert (len(winners), other, nobody) == (1, True, False)
    usages = (await read_promotion(admin, promotion["id"]))["campaign"]["budget"]["usages"]
    assert {usage["attribute_value"]: usage["used"] for usage in usages} == {"cus_1": 1, "cus_2": 1}

    await cancel(database, *winners)

    assert await complete(database, "order_after", taken)


async def test_two_promotions_of_one_campaign_share_its_budget(admin, database):
    first = await make_promotion(admin, "ONE", **budget("usage", 3))
    second = await make_promotion(admin, "TWO", campaign_id=first["campaign_id"])
    both = [Taken(promotion["id"], Decimal(1)) for promotion in (first, second)]

    assert await complete(database, "order_1", *both)
    assert not await complete(database, "order_2", *both)
    assert await complete(database, "order_3", both[0])
    assert not await complete(database, "order_4", both[1])


async def test_a_promotion_that_was_switched_off_is_not_given(admin, database):
    promotion = await make_promotion(admin, "OFF")
    await admin.post(f"/admin/promotions/{promotion['id']}", json={"status": "inactive"})

    assert not await complete(database, "order_1", Taken(promotion["id"], Decimal(5)))
