"""`/admin/inventory-items/…/location-levels`: how much of an item is where."""

import asyncio
from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from merx.settings import Settings
from tests.factories.products import make_item, make_items, make_location
from tests.factories.stock import make_level
from tests.observed import emitted, forget_events, statements_of

PATH = "/admin/inventory-items"
BATCH = f"{PATH}/location-levels/batch"


async def test_levels_are_listed_by_location(admin: httpx.AsyncClient, tx: Transaction) -> None:
    item_id, near, far = await make_item(tx), await make_location(tx), await make_location(tx)
    await make_level(tx, item_id, near, stocked=5, reserved=2)
    await make_level(tx, item_id, far)

    everywhere = (await admin.get(f"{PATH}/{item_id}/location-levels")).json()
    there = (await admin.get(f"{PATH}/{item_id}/location-levels?location_id={near}")).json()

    assert (everywhere["count"], everywhere["limit"]) == (2, 50)
    [level] = there["inventory_levels"]
    assert (level["available_quantity"], level["inventory_item_id"]) == (3, item_id)


async def test_a_level_comes_changes_and_goes(admin: httpx.AsyncClient, tx: Transaction) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    levels = f"{PATH}/{item_id}/location-levels"

    made = await admin.post(levels, json={"location_id": place, "stocked_quantity": 5})
    kept = await admin.delete(f"{levels}/{place}")
    emptied = await admin.post(f"{levels}/{place}", json={"stocked_quantity": 0})
    gone = await admin.delete(f"{levels}/{place}")

    assert made.json()["inventory_item"]["stocked_quantity"] == 5
    assert (kept.status_code, kept.json()["type"]) == (400, "not_allowed")
    assert emptied.json()["inventory_item"]["stocked_quantity"] == 0
    assert gone.json()["object"] == "inventory-level"
    assert gone.json()["parent"]["location_levels"] == []
    events = await emitted(tx)
    for what in ("created", "updated", "deleted"):
        assert events[f"inventory-level.{what}"] == [gone.json()["id"]]


async def test_what_is_reserved_stays(admin: httpx.AsyncClient, tx: Transaction) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    level_id = await make_level(tx, item_id, place, stocked=5, reserved=1)

    alone = await admin.delete(f"{PATH}/{item_id}/location-levels/{place}")
    batched = await admin.post(BATCH, json={"delete": [level_id], "force": True})

    assert alone.json()["message"] == (
        f"Cannot remove Inventory Level {item_id} at Location {place} because there are"
        " reservations at location"
    )
    assert batched.json()["message"] == (
        f"Cannot remove Inventory Levels for {place} because there are reserved or incoming items"
        " at the locations"
    )
    assert (await admin.get(f"{PATH}/{item_id}/location-levels")).json()["count"] == 1


async def test_a_batch_deletes_before_it_creates(admin: httpx.AsyncClient, tx: Transaction) -> None:
    item_id, place, other = await make_item(tx), await make_location(tx), await make_location(tx)
    old, kept = await make_level(tx, item_id, place), await make_level(tx, item_id, other)
    body = {
        "delete": [old],
        "update": [{"id": kept, "location_id": other, "stocked_quantity": 2}],
        "create": [{"location_id": place, "stocked_quantity": 7}],
    }

    answer = (await admin.post(f"{PATH}/{item_id}/location-levels/batch", json=body)).json()

    assert answer["deleted"] == [old]
    assert [(level["id"], level["stocked_quantity"]) for level in answer["updated"]] == [(kept, 2)]
    assert [level["available_quantity"] for level in answer["created"]] == [7]


async def test_of_a_place_named_twice_the_last_value_counts(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place)
    rows = [
        {"location_id": place, "stocked_quantity": 1, "incoming_quantity": 4},
        {"location_id": place, "stocked_quantity": 2},
    ]

    answer = await admin.post(f"{PATH}/{item_id}/location-levels/batch", json={"update": rows})

    [level] = answer.json()["updated"]
    assert (level["stocked_quantity"], level["incoming_quantity"]) == (2, 4)


async def test_a_level_of_another_item_is_refused(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, other, place = await make_item(tx), await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place)
    foreign = await make_level(tx, other, place)
    path = f"{PATH}/{item_id}/location-levels/batch"

    deleted = await admin.post(path, json={"delete": [foreign]})
    updated = await admin.post(path, json={"update": [{"id": foreign, "location_id": place}]})

    assert deleted.status_code == 400
    assert foreign in deleted.json()["message"]
    assert updated.status_code == 404
    assert updated.json()["message"] == f'InventoryLevel with id "{foreign}" not found'


@pytest.mark.parametrize(
    ("_case", "bad", "status"),
    [
        ("a level that exists", {"create": [("first", "here")]}, 400),
        ("one level twice", {"create": [("second", "there"), ("second", "there")]}, 400),
        ("an unknown item", {"create": [("nothing", "there")]}, 404),
        ("an unknown location", {"create": [("second", "nowhere")]}, 404),
        ("a level that is not there", {"update": [("second", "there")]}, 404),
    ],
)
async def test_a_batch_that_is_half_bad_writes_nothing(
    admin: httpx.AsyncClient, tx: Transaction, _case: str, bad: dict[str, Any], status: int
) -> None:
    names = {"first": await make_item(tx), "second": await make_item(tx)}
    names |= {"here": await make_location(tx), "there": await make_location(tx)}
    await make_level(tx, names["first"], names["here"], stocked=1)
    body: dict[str, Any] = {
        word: [_level(names.get(item, item), names.get(place, place)) for item, place in rows]
        for word, rows in bad.items()
    }
    body.setdefault("create", []).append(_level(names["second"], names["here"], 9))
    body.setdefault("update", []).append(_level(names["first"], names["here"], 9))
    await forget_events(tx)

    answer = await admin.post(BATCH, json=body)

    assert answer.status_code == status, answer.json()
    quantities = await tx.fetch("SELECT stocked_quantity FROM inventory_level")
    assert [record[0] for record in quantities] == [1]
    assert await emitted(tx) == {}


async def test_the_number_of_rows_does_not_change_the_statements(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    place = await make_location(tx)
    counts: list[list[int]] = []

    for count in (1, 500):
        items = await make_items(tx, count)
        levels = [_level(item_id, place, 3) for item_id in items]
        made = await _counted(admin, tx, {"create": levels})
        changed = await _counted(admin, tx, {"update": levels})
        ids = [level["id"] for level in made[1]["created"]]
        gone = await _counted(admin, tx, {"delete": ids, "force": True})
        counts.append([made[0], changed[0], gone[0]])
        assert [level["inventory_item_id"] for level in made[1]["created"]] == items
        assert [level["inventory_item_id"] for level in changed[1]["updated"]] == items

    assert counts[0] == counts[1]


async def test_a_batch_that_is_too_large_is_refused(
    admin: httpx.AsyncClient, settings: Settings
) -> None:
    ids = ["ilev_none"] * (settings.max_batch_rows + 1)

    answer = await admin.post(BATCH, json={"delete": ids})

    assert answer.status_code == 413
    assert str(settings.max_batch_rows) in answer.json()["message"]


@pytest.mark.commits
async def test_of_two_levels_at_one_place_one_is_made(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    path = f"{PATH}/{item_id}/location-levels"

    answers = await asyncio.gather(
        *(admin.post(path, json={"location_id": place}) for _ in range(4))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    assert {a.json()["message"] for a in answers if a.status_code == 400} == {
        f"Inventory level with inventory_item_id: {item_id}, location_id: {place}, already exists."
    }


@pytest.mark.commits
async def test_batches_in_opposite_orders_do_not_wait_for_each_other_both(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    place, items = await make_location(tx), await make_items(tx, 30)
    levels = [_level(item_id, place, 1) for item_id in items]
    orders = [levels, levels[::-1]] * 3

    made = await asyncio.gather(*(admin.post(BATCH, json={"create": rows}) for rows in orders))
    changed = await asyncio.gather(*(admin.post(BATCH, json={"update": rows}) for rows in orders))

    assert sorted(answer.status_code for answer in made) == [200] + [400] * 5
    assert {answer.status_code for answer in changed} == {200}


@pytest.mark.commits
async def test_a_deleted_item_keeps_no_level_that_came_at_the_same_time(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    for _ in range(5):
        item_id, place = await make_item(tx), await make_location(tx)

        made, gone = await asyncio.gather(
            admin.post(f"{PATH}/{item_id}/location-levels", json={"location_id": place}),
            admin.delete(f"{PATH}/{item_id}"),
        )

        assert (made.status_code, gone.status_code) in {(200, 200), (404, 200)}
        alive = await tx.fetchval(
            "SELECT count(*) FROM inventory_level"
            " WHERE inventory_item_id = $1 AND deleted_at IS NULL",
            item_id,
        )
        assert alive == 0


def _level(item_id: str, location_id: str, stocked: int = 0) -> dict[str, Any]:
    return {
        "inventory_item_id": item_id,
        "location_id": location_id,
        "stocked_quantity": stocked,
    }


async def _counted(
    admin: httpx.AsyncClient, tx: Transaction, body: dict[str, Any]
) -> tuple[int, dict[str, Any]]:
    """How many statements a batch takes, and its answer."""
    async with statements_of(tx) as statements:
        answer = await admin.post(BATCH, json=body)
    assert answer.status_code == 200, answer.json()
    return len(statements), answer.json()
