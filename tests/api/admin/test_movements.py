"""The stock ledger: what changed by how much, why, by whom; and what is set only if expected."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

import merx
from merx.core.database import Transaction
from tests.answers import good, problems, refused
from tests.factories.products import make_item, make_items, make_location
from tests.factories.stock import make_level
from tests.workflows.stock_agrees import broken_promises

ITEMS = "/admin/inventory-items"
BATCH = f"{ITEMS}/location-levels/batch"
RESERVATIONS = "/admin/reservations"


async def movements(admin: httpx.AsyncClient, item_id: str, **query: str) -> list[tuple[Any, ...]]:
    """What an item's ledger tells: quantity, delta, balance, reason."""
    answer = good(await admin.get(f"{ITEMS}/{item_id}/movements", params=query))
    assert answer["count"] == len(answer["movements"])
    names = ("quantity", "delta", "balance", "reason")
    return [tuple(row[name] for name in names) for row in answer["movements"]]


def level(item_id: str, location_id: str, **more: Any) -> dict[str, Any]:
    return {"inventory_item_id": item_id, "location_id": location_id, **more}


async def test_every_change_of_a_quantity_is_in_the_ledger(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    place, other = await make_location(tx), await make_location(tx)
    levels = [{"location_id": place, "stocked_quantity": 5, "incoming_quantity": 2}]
    made = good(await admin.post(ITEMS, json={"location_levels": levels}))["inventory_item"]
    item = made["id"]
    path = f"{ITEMS}/{item}/location-levels"
    good(await admin.post(path, json={"location_id": other, "stocked_quantity": 8}))
    good(await admin.post(f"{path}/{place}", json={"stocked_quantity": 9, "incoming_quantity": 2}))
    reservation = level(item, place, quantity=3)
    held = good(await admin.post(RESERVATIONS, json=reservation))["reservation"]["id"]
    good(await admin.post(f"{RESERVATIONS}/{held}", json={"location_id": other, "quantity": 4}))
    good(await admin.delete(f"{RESERVATIONS}/{held}"))
    adjustments = [level(item, place, delta=-2, reason="broken", reference="claim 7")]
    good(await admin.post(BATCH, json={"adjustments": adjustments}))
    good(await admin.delete(f"{ITEMS}/{item}"))

    assert await movements(admin, item, location_id=place) == [
        ("stocked", 5, 5, "created"),
        ("incoming", 2, 2, "created"),
        ("stocked", 4, 9, "set"),
        ("reserved", 3, 3, "reserved"),
        ("reserved", -3, 0, "released"),
        ("stocked", -2, 7, "broken"),
        ("stocked", -7, 0, "item deleted"),
        ("incoming", -2, 0, "item deleted"),
    ]
    assert await movements(admin, item, location_id=other) == [
        ("stocked", 8, 8, "created"),
        ("reserved", 4, 4, "reserved"),
        ("reserved", -4, 0, "released"),
        ("stocked", -8, 0, "item deleted"),
    ]
    assert len(await movements(admin, item, reference=held)) == 4


async def test_the_ledger_names_who_did_it_and_what_for(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item, place)
    row = level(item, place, delta=1.5, reason="found", reference="count 12")
    good(await admin.post(BATCH, json={"adjustments": [row]}))

    [found] = good(await admin.get(f"{ITEMS}/{item}/movements"))["movements"]

    user = await tx.fetchval("""SELECT id FROM "user" WHERE email = 'admin@shop.test'""")
    assert (found["created_by"], found["reference"]) == (user, "count 12")
    assert (found["inventory_item_id"], found["location_id"]) == (item, place)


async def test_the_ledger_is_filtered_and_ordered(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item, place, stocked=3, reserved=1)

    assert await movements(admin, item, quantity="reserved") == [("reserved", 1, 1, "reserved")]
    assert await movements(admin, item, **{"delta[$gt]": "2"}) == [("stocked", 3, 3, "created")]
    assert [row[0] for row in await movements(admin, item, order="-id")] == ["reserved", "stocked"]
    assert await movements(admin, "iitem_none") == []


@pytest.mark.parametrize("huge", ["1e308", "12345678901234567890", "9007199254740993"])
async def test_quantities_of_any_size_are_exact(
    admin: httpx.AsyncClient, tx: Transaction, huge: str
) -> None:
    item, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item, place, stocked=1)
    path = f"{ITEMS}/{item}/location-levels/{place}"

    for text in (huge, "0.1", huge, "3e-300", "7"):
        quantity = f'{{"stocked_quantity": {text}}}'
        good(await admin.post(path, content=quantity))
        good(await admin.post(RESERVATIONS, json=level(item, place, quantity=0)))

    found = await tx.fetchval("SELECT stocked_quantity::text FROM inventory_level")
    assert found == "7"
    assert await broken_promises(tx) == {}


async def test_a_sum_is_told_as_short_as_it_is(admin: httpx.AsyncClient, tx: Transaction) -> None:
    item, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item, place, stocked=5)

    for _ in range(2):
        good(await admin.post(RESERVATIONS, json=level(item, place, quantity=0.5)))

    [found] = good(await admin.get(f"{ITEMS}/{item}"))["inventory_item"]["location_levels"]
    assert found["raw_reserved_quantity"]["value"] == "1"


async def test_adjustments_add_up_and_answer_with_the_levels(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    (first, second), place = await make_items(tx, 2), await make_location(tx)
    ids = [await make_level(tx, item, place, stocked=5) for item in (first, second)]
    rows = [level(first, place, delta=-5), level(second, place, delta=3)]
    rows.append(level(first, place, delta=1, reason="found"))

    answer = good(await admin.post(BATCH, json={"adjustments": rows}))

    found = [(row["id"], row["stocked_quantity"]) for row in answer["adjusted"]]
    assert found == [(ids[0], 1), (ids[1], 8)]


@pytest.mark.parametrize(
    ("_case", "bad", "status", "kind"),
    [
        ("more than is stocked", {"delta": -6}, 400, "insufficient_inventory"),
        ("no level", {"delta": 1, "location_id": "sloc_none"}, 404, "not_found"),
        ("a text", {"delta": "1"}, 400, "invalid_data"),
        ("no reason given", {"delta": 1, "reason": ""}, 400, "invalid_data"),
        ("no delta", {}, 400, "invalid_data"),
    ],
)
async def test_adjustments_that_are_half_bad_change_nothing(
    admin: httpx.AsyncClient,
    tx: Transaction,
    _case: str,
    bad: dict[str, Any],
    status: int,
    kind: str,
) -> None:
    item, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item, place, stocked=5)
    rows = [level(item, place, delta=-0.5), {**level(item, place), **bad}]

    answer = await admin.post(BATCH, json={"adjustments": rows})

    assert (answer.status_code, answer.json()["type"]) == (status, kind), answer.text
    assert await movements(admin, item) == [("stocked", 5, 5, "created")]


async def test_a_quantity_is_set_only_where_the_expected_one_is(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item, place, stocked=5)
    path = f"{ITEMS}/{item}/location-levels/{place}"
    body = {"stocked_quantity": 7, "expected_stocked_quantity": 5}

    done = await admin.post(path, json=body)
    late = await admin.post(path, json=body)
    batch = await admin.post(BATCH, json={"update": [level(item, place, **body)]})
    rows = {"update": [{"location_id": place, **body}]}
    of_one = await admin.post(f"{ITEMS}/{item}/location-levels/batch", json=rows)

    assert good(done)["inventory_item"]["stocked_quantity"] == 7
    words = f"Item {item} has 7 stocked at location {place}, not 5"
    for answer in (late, batch, of_one):
        assert refused(answer, 409) == words
        assert answer.json()["errors"][0]["current"] == 7
    assert problems(late) == {"expected_stocked_quantity": words}
    assert problems(batch) == {"update[0].expected_stocked_quantity": words}


@pytest.mark.commits
async def test_of_many_that_expect_the_same_one_sets(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    item, place = await make_item(tx), await make_location(tx)
    await make_level(tx, item, place, stocked=5)
    path = f"{ITEMS}/{item}/location-levels/{place}"

    answers = await asyncio.gather(
        *(
            admin.post(path, json={"stocked_quantity": n, "expected_stocked_quantity": 5})
            for n in range(10, 18)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


@pytest.mark.commits
async def test_adjustments_at_the_same_time_all_count(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    items, place = await make_items(tx, 3), await make_location(tx)
    for item in items:
        await make_level(tx, item, place, stocked=10)
    rows = [level(item, place, delta=1) for item in items]

    answers = await asyncio.gather(
        *(admin.post(BATCH, json={"adjustments": rows if n % 2 else rows[::-1]}) for n in range(20))
    )

    assert {answer.status_code for answer in answers} == {200}
    stocked = await tx.fetch("SELECT stocked_quantity FROM inventory_level")
    assert {record[0] for record in stocked} == {30}


def test_only_the_ledger_writes_quantities() -> None:
    """Soft deletion aside, which comes after a level was emptied through the ledger."""
    writes = re.compile(
        r"(INSERT INTO|UPDATE|DELETE FROM) \"?inventory_(level|movement)"
        r"|\b(Insert|insert_rows|update_rows|patch_row|delete_rows)\([^)]*Inventory(Level|Movement)"
    )
    source = Path(merx.__file__).parent

    found = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if writes.search(path.read_text())
    }

    assert found == {"modules/inventory/ledger.py"}
