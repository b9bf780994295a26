"""Stock through the published JavaScript SDK."""

import pytest

pytestmark = pytest.mark.sdk


async def test_stock_is_reserved_moved_and_released(run, name):
    seen = await run("reservations.mjs", name=name)

    assert seen == {
        "moved": True,
        "listed": [[3, "for Ann"]],
        "reserved": [0, 3],
        "deleted": True,
        "left": [10, 0],
    }
