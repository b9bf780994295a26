"""/admin/reservations: holds on stock, beside what the recordings tell."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import asyncpg
import httpx
import pytest

from merx.core.database import Database, Transaction
from merx.core.errors import NotAllowed, NotFound
from merx.workflows.stock.reservations import create_reservations, update_reservations
from tests.answers import good, problems, refused
from tests.factories.products import make_item, make_items, make_location
from tests.factories.stock import make_level, make_reservation
from tests.observed import emitted, statements_of

PATH = "/admin/reservations"
ITEMS = "/admin/inventory-items"


def hold(item_id: str, location_id: str, quantity: float = 1, **more: Any) -> dict[str, Any]:
    return {
        "inventory_item_id": item_id,
        "location_id": location_id,
        "quantity": quantity,
        **more,
    }


async def reserved(tx: Transaction, item_id: str) -> dict[str, int]:
    """What is reserved of an item by location."""
    records = await tx.fetch(
        "SELECT location_id, reserved_quantity FROM inventory_level"
        " WHERE inventory_item_id = $1 AND deleted_at IS NULL",
        item_id,
    )
    return {record[0]: int(record[1]) for record in records}


async def test_a_reservation_comes_changes_and_goes(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place, stocked=5)

    made = good(await admin.post(PATH, json=hold(item_id, place, 3)))["reservation"]
    changed = good(await admin.post(f"{PATH}/{made['id']}", json={"quantity": 5}))["reservation"]
    gone = good(await admin.delete(f"{PATH}/{made['id']}"))

    assert made["inventory_item"]["reserved_quantity"] == 3
    assert changed["inventory_item"]["reserved_quantity"] == 5
    assert gone == {"id": made["id"], "object": "reservation", "deleted": True}
    assert await reserved(tx, item_id) == {place: 0}
    events = await emitted(tx)
    for what in ("created", "updated", "deleted"):
        assert events[f"reservation-item.{what}"] == [made["id"]]


async def test_a_move_releases_here_and_reserves_there(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, here, there = await make_item(tx), await make_location(tx), await make_location(tx)
    await make_level(tx, item_id, here, stocked=5)
    await make_level(tx, item_id, there, stocked=4)
    held = await make_reservation(tx, item_id, here, 4)

    good(await admin.post(f"{PATH}/{held}", json={"location_id": there}))
    moved = await reserved(tx, item_id)
    good(await admin.post(f"{PATH}/{held}", json={"location_id": here, "quantity": 1}))

    assert moved == {here: 0, there: 4}
    assert await reserved(tx, item_id) == {here: 1, there: 0}


async def test_a_move_to_where_too_little_is_left_changes_nothing(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, here, there = await make_item(tx), await make_location(tx), await make_location(tx)
    await make_level(tx, item_id, here, stocked=5)
    await make_level(tx, item_id, there, stocked=5, reserved=2)
    held = await make_reservation(tx, item_id, here, 4)

    answer = await admin.post(f"{PATH}/{held}", json={"location_id": there})

    words = f"Not enough stock available for item {item_id} at location {there}"
    assert refused(answer) == words
    assert problems(answer) == {"quantity": words}
    assert answer.json()["errors"][0]["current"] == 3
    assert await reserved(tx, item_id) == {here: 4, there: 2}


async def test_the_item_of_a_reservation_can_be_changed(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    first, second, place = await make_item(tx), await make_item(tx), await make_location(tx)
    await make_level(tx, first, place, stocked=1)
    await make_level(tx, second, place, stocked=1)
    held = await make_reservation(tx, first, place, 1)

    good(await admin.post(f"{PATH}/{held}", json={"inventory_item_id": second}))

    assert (await reserved(tx, first), await reserved(tx, second)) == ({place: 0}, {place: 1})


async def test_a_backorder_takes_what_is_not_there_and_leaves_nothing_to_others(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place, stocked=2)
    firm = await make_reservation(tx, item_id, place, 1)

    good(await admin.post(PATH, json=hold(item_id, place, 5, allow_backorder=True)))

    assert await reserved(tx, item_id) == {place: 6}
    refused(await admin.post(PATH, json=hold(item_id, place, 1)))
    refused(await admin.post(f"{PATH}/{firm}", json={"quantity": 2}))
    good(await admin.post(f"{PATH}/{firm}", json={"quantity": 0}))
    good(await admin.post(f"{PATH}/{firm}", json={"quantity": 9, "allow_backorder": True}))
    assert await reserved(tx, item_id) == {place: 14}


async def test_less_can_be_stocked_than_reserved_but_then_no_more_reserved(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place, stocked=5)
    held = await make_reservation(tx, item_id, place, 4)
    level = f"{ITEMS}/{item_id}/location-levels/{place}"

    good(await admin.post(level, json={"stocked_quantity": 2}))

    refused(await admin.post(PATH, json=hold(item_id, place, 1)))
    good(await admin.post(f"{PATH}/{held}", json={"quantity": 3}))
    good(await admin.post(f"{PATH}/{held}", json={"description": "short of one"}))
    good(await admin.post(level, json={"stocked_quantity": 4}))
    good(await admin.post(PATH, json=hold(item_id, place, 1)))
    assert await reserved(tx, item_id) == {place: 4}


async def test_the_database_refuses_to_reserve_what_is_not_there(tx: Transaction) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place, stocked=2, reserved=1)

    for change in ("reserved_quantity = 3", "reserved_quantity = -1", "stocked_quantity = 0"):
        with pytest.raises(asyncpg.CheckViolationError):
            async with tx.transaction():
                await tx.execute(f"UPDATE inventory_level SET {change}")


async def test_of_many_rows_every_short_one_is_named_and_none_is_written(tx: Transaction) -> None:
    scarce, plenty, place = await make_item(tx), await make_item(tx), await make_location(tx)
    await make_level(tx, scarce, place, stocked=3)
    await make_level(tx, plenty, place, stocked=30)
    rows = [hold(item, place, Decimal(2)) for item in (scarce, plenty, scarce, plenty)]  # type: ignore[arg-type]

    with pytest.raises(NotAllowed) as short:
        await create_reservations(tx, rows, [f"items[{n}]" for n in range(4)])
    with pytest.raises(NotFound):
        await create_reservations(tx, [*rows[1:2], hold(scarce, "nowhere")], ["", ""])

    assert [problem["path"] for problem in short.value.problems] == ["items[2].quantity"]
    assert await tx.fetchval("SELECT count(*) FROM reservation_item") == 0
    assert await reserved(tx, scarce) == {place: 0}


async def test_what_one_row_releases_another_of_the_call_can_take(tx: Transaction) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place, stocked=5)
    first = await make_reservation(tx, item_id, place, 4)
    second = await make_reservation(tx, item_id, place, 1)

    await update_reservations(
        tx, {first: {"quantity": Decimal(1)}, second: {"quantity": Decimal(4)}}
    )

    assert await reserved(tx, item_id) == {place: 5}


async def test_the_number_of_rows_does_not_change_the_statements(tx: Transaction) -> None:
    place = await make_location(tx)
    counts: list[int] = []
    for count in (1, 200):
        items = await make_items(tx, count)
        for item_id in items:
            await make_level(tx, item_id, place, stocked=1)
        rows = [hold(item_id, place, Decimal(1)) for item_id in items]  # type: ignore[arg-type]
        async with statements_of(tx) as statements:
            await create_reservations(tx, rows, [""] * count)
        counts.append(len(statements))

    assert counts == [2, 2]


async def test_reservations_of_nothing_go_with_their_item(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place)
    held = await make_reservation(tx, item_id, place, 0)

    good(await admin.delete(f"{ITEMS}/{item_id}"))

    refused(await admin.get(f"{PATH}/{held}"), 404)


async def test_a_bad_regular_expression_is_refused(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place, stocked=1)
    await make_reservation(tx, item_id, place, 1, description="for Ann")

    refused(await admin.get(PATH, params={"description[$re]": "(("}))


@pytest.mark.commits
async def test_of_a_hundred_reservations_of_the_last_piece_one_is_made(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place, stocked=1)

    answers = await asyncio.gather(
        *(admin.post(PATH, json=hold(item_id, place)) for _ in range(100))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 99
    assert {a.json()["message"] for a in answers if a.status_code == 400} == {
        f"Not enough stock available for item {item_id} at location {place}"
    }
    assert await reserved(tx, item_id) == {place: 1}


@pytest.mark.commits
async def test_rises_of_several_reservations_at_once_do_not_exceed_the_stock(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place, stocked=10)
    held = [await make_reservation(tx, item_id, place, 1) for _ in range(6)]

    answers = await asyncio.gather(
        *(admin.post(f"{PATH}/{one}", json={"quantity": 3}) for one in held)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 200] + [400] * 4
    assert await reserved(tx, item_id) == {place: 10}


@pytest.mark.commits
async def test_moves_in_opposite_directions_do_not_wait_for_each_other_both(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item_id, places = await make_item(tx), [await make_location(tx) for _ in range(2)]
    for place in places:
        await make_level(tx, item_id, place, stocked=20)
    held = [
        (await make_reservation(tx, item_id, places[n % 2], 1), places[1 - n % 2])
        for n in range(20)
    ]

    answers = await asyncio.gather(
        *(admin.post(f"{PATH}/{one}", json={"location_id": other}) for one, other in held)
    )

    assert {answer.status_code for answer in answers} == {200}
    assert await reserved(tx, item_id) == dict.fromkeys(places, 10)


Gone = Callable[[httpx.AsyncClient, str, str], Awaitable[httpx.Response]]
_DELETIONS: dict[str, Gone] = {
    "item": lambda admin, item_id, _: admin.delete(f"{ITEMS}/{item_id}"),
    "location": lambda admin, _, place: admin.delete(f"/admin/stock-locations/{place}"),
    "level": lambda admin, item_id, place: admin.delete(
        f"{ITEMS}/{item_id}/location-levels/{place}"
    ),
}


@pytest.mark.commits
@pytest.mark.parametrize("what", _DELETIONS)
async def test_either_the_reservation_or_the_deletion_wins(
    admin: httpx.AsyncClient, tx: Transaction, what: str
) -> None:
    for _ in range(6):
        item_id, place = await make_item(tx), await make_location(tx)
        await make_level(tx, item_id, place)

        made, gone = await asyncio.gather(
            admin.post(PATH, json=hold(item_id, place, 1, allow_backorder=True)),
            _DELETIONS[what](admin, item_id, place),
        )

        assert (made.status_code, gone.status_code) in {(200, 400), (404, 200)}, made.text


@pytest.mark.commits
async def test_a_reservation_that_is_released_twice_at_once_is_released_once(
    admin: httpx.AsyncClient, tx: Transaction, database: Database
) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place, stocked=9)
    held, _ = [await make_reservation(tx, item_id, place, 2) for _ in range(2)]

    answers = await asyncio.gather(*(admin.delete(f"{PATH}/{held}") for _ in range(5)))

    assert {answer.status_code for answer in answers} == {200}
    assert await reserved(tx, item_id) == {place: 2}


async def test_a_backorder_and_a_firm_reservation_of_one_call_are_told_apart(
    tx: Transaction,
) -> None:
    item_id, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item_id, place, stocked=3)
    firm = hold(item_id, place, Decimal(2))  # type: ignore[arg-type]
    beyond = {**firm, "allow_backorder": True}

    with pytest.raises(NotAllowed):
        await create_reservations(tx, [beyond, firm, beyond], [""] * 3)
    await create_reservations(tx, [firm, beyond], [""] * 2)

    assert await reserved(tx, item_id) == {place: 4}
