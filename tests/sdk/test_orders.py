"""Orders after the sale through the published JavaScript SDK: every method that it has."""

import pytest

pytestmark = pytest.mark.sdk

EXPECTED = {
    "order": {
        "total": 42,
        "emails": ["new.test", "guest.test"],
        "statuses": [
            "partially_fulfilled",
            "partially_fulfilled",
            "partially_shipped",
            "partially_delivered",
        ],
        "options": [False, False],
        "changes": 6,
        "items": [True],
        "credited": [2],
        "transfer": ["TRANSFER_CUSTOMER"],
        "carried": True,
        "session": 404,
        "ended": ["completed", "archived", "canceled"],
        "count": 2,
        "exported": True,
    },
    "return": {
        "open": "open",
        "gone": True,
        "statuses": ["requested", "partially_received", "canceled"],
        "total": 30,
        "listed": ["partially_received", "canceled"],
    },
    "exchange": {
        "gone": True,
        "due": 66,
        "sent": [2],
        "same": True,
        "canceled": True,
        "listed": 1,
    },
    "claim": {
        "gone": True,
        "due": 66,
        "wrong": [["wrong_item", 1]],
        "sent": [2],
        "canceled": True,
        "listed": 1,
    },
    "orderEdit": {
        "gone": True,
        "type": "edit",
        "quantities": [[5], [5]],
        "status": "requested",
        "total": 66,
    },
    "draftOrder": {
        "email": "new.test",
        "listed": 1,
        "discount": 4.8,
        "quantity": [4],
        "totals": [36, 54],
        "status": "pending",
        "gone": True,
    },
    "store": {"total": 42, "accepted": True, "count": 1},
}


async def test_every_method_for_orders_is_answered(run, name):
    seen = await run("orders.mjs", name=name, country="tv")

    uncalled = {part: one.pop("uncalled") for part, one in seen.items()}
    assert uncalled == {part: [] for part in EXPECTED}
    assert seen == EXPECTED
