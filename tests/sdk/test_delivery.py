"""Delivery through the published JavaScript SDK."""

import pytest

pytestmark = pytest.mark.sdk


async def test_a_location_delivers_at_a_price(run, name):
    seen = await run("delivery.mjs", name=name)

    assert seen == {
        "fulfillment": [2, None],
        "shipped": ["1"],
        "late": "Fulfillment with id ful already shipped",
        "providers": ["manual_manual"],
        "places": [["province", "us-ny"]],
        "services": [["manual-fulfillment", False], ["manual-fulfillment-return", True]],
        "amounts": [5.9],
        "rules": [1, 1],
        "listed": 1,
        "refused": "Cannot delete shipping option type because some shipping options are using it.",
        "gone": [True, True, 0, True, True],
    }
