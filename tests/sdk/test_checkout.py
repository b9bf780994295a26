"""A whole checkout through the published JavaScript SDK."""

import pytest

pytestmark = pytest.mark.sdk


@pytest.mark.parametrize(("how", "country"), [("guest", "va"), ("jwt", "ad"), ("session", "mt")])
async def test_a_cart_is_filled_shipped_paid_and_bought(run, name, how, country):
    seen = await run("checkout.mjs", how=how, name=name, country=country)

    assert seen == {
        "type": "order",
        "same": True,
        "totals": [24, 6, 30, 30],
        "quantity": [2],
        "city": "Home",
        "listed": 1,
    }
