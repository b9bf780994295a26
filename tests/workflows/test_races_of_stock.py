"""Everything that can happen to one level, at the same time: whoever wins, the stock agrees."""

import asyncio
from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from merx.operations.doctor import examine
from tests.factories.products import make_item, make_location
from tests.factories.stock import make_level, make_reservation
from tests.workflows.stock_agrees import broken_promises

pytestmark = pytest.mark.commits

ITEMS = "/admin/inventory-items"
ROUNDS = 9


@pytest.mark.parametrize("fatal", ["level", "location", "item", "nothing"])
async def test_a_level_is_changed_reserved_moved_and_deleted_at_once(
    admin: httpx.AsyncClient, tx: Transaction, fatal: str
) -> None:
    for number in range(ROUNDS):
        answers = await asyncio.gather(*await _requests(admin, tx, fatal, number))

        told = [(answer.status_code, answer.text[:200]) for answer in answers]
        assert all(status in (200, 400, 404, 409) for status, _ in told), told
        assert await broken_promises(tx) == {}
        assert await examine(tx) == []


async def _requests(admin: httpx.AsyncClient, tx: Transaction, fatal: str, number: int) -> Any:
    item, here, there = await make_item(tx), await make_location(tx), await make_location(tx)
    await make_level(tx, item, here, stocked=number % 3)
    await make_level(tx, item, there, stocked=5)
    held = await make_reservation(tx, item, there, 2)
    place = {"inventory_item_id": item, "location_id": here}
    level = f"{ITEMS}/{item}/location-levels/{here}"
    batch = f"{ITEMS}/location-levels/batch"
    ends = {
        "level": level,
        "location": f"/admin/stock-locations/{here}",
        "item": f"{ITEMS}/{item}",
        "nothing": "/admin/reservations/resitem_none",
    }
    requests = [
        admin.post(level, json={"stocked_quantity": 3}),
        admin.post(level, json={"stocked_quantity": 0, "expected_stocked_quantity": number % 3}),
        admin.post("/admin/reservations", json={**place, "quantity": 1}),
        admin.post("/admin/reservations", json={**place, "quantity": 0}),
        admin.post(f"/admin/reservations/{held}", json={"location_id": here}),
        admin.post(batch, json={"adjustments": [{**place, "delta": -1}]}),
        admin.post(batch, json={"create": [{**place, "stocked_quantity": 2}]}),
        admin.delete(ends[fatal]),
        admin.delete(f"/admin/reservations/{held}"),
    ]
    # Each time another one is first.
    first = number % len(requests)
    return requests[first:] + requests[:first]
