"""/admin/orders: reading orders, and what an order says of itself."""

import httpx

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.orders import discount, line, make_order, tax


async def test_an_order_shows_what_it_comes_to(admin: httpx.AsyncClient, tx: Transaction) -> None:
    wanted = line(20, 3, tax_lines=[tax(20)], adjustments=[discount(6)])
    order = await make_order(tx, wanted)

    found = good(await admin.get(f"/admin/orders/{order.id}"))["order"]

    assert found["total"] == 76.8
    assert found["summary"]["pending_difference"] == 76.8
    [item] = found["items"]
    assert (item["total"], item["refundable_total_per_unit"]) == (64.8, 21.6)
    assert item["tax_lines"][0]["total"] == 10.8
    assert item["adjustments"][0]["total"] == 7.2
    assert found["shipping_methods"][0]["detail"]["version"] == 1
    assert (found["payment_status"], found["fulfillment_status"]) == ("not_paid", "not_fulfilled")
    assert found["status"] == "pending"


async def test_an_unknown_order_is_not_found(admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/admin/orders/order_x")

    assert refused(answer, 404) == "Order id not found: order_x"


async def test_the_list_shows_orders_and_no_drafts(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    order = await make_order(tx)
    await make_order(tx, is_draft_order=True, status="draft")

    page = good(await admin.get("/admin/orders", params={"nope": "1"}))

    assert (page["count"], page["limit"]) == (1, 15)
    [row] = page["orders"]
    assert row["id"] == order.id
    assert row["items"][0]["detail"]["quantity"] == 3
    assert row["summary"]["current_order_total"] == 84


async def test_orders_are_found_by_q_and_total(admin: httpx.AsyncClient, tx: Transaction) -> None:
    cheap = await make_order(tx, line(1, 1), methods=[])
    dear = await make_order(tx, line(100, 1), methods=[], email="bob@example.com")

    by_total = good(await admin.get("/admin/orders?total[$gt]=50&fields=id"))["orders"]
    by_text = good(await admin.get("/admin/orders?q=ann@&fields=id"))["orders"]

    assert [row["id"] for row in by_total] == [dear.id]
    assert [row["id"] for row in by_text] == [cheap.id]


async def test_a_change_of_an_order_is_told_of(admin: httpx.AsyncClient, tx: Transaction) -> None:
    order = await make_order(tx)
    body = {
        "email": "new@example.com",
        "shipping_address": {"first_name": "X"},
        "metadata": {"a": 1},
    }

    changed = good(await admin.post(f"/admin/orders/{order.id}", json=body))["order"]

    assert changed["version"] == 1
    assert changed["shipping_address"]["first_name"] == "X"
    assert changed["shipping_address"]["country_code"] == "dk"
    changes = good(await admin.get(f"/admin/orders/{order.id}/changes"))["order_changes"]
    told = {one["actions"][0]["details"]["type"]: one["actions"][0]["details"] for one in changes}
    assert told["email"] == {"type": "email", "old": "ann@example.com", "new": "new@example.com"}
    assert set(told) == {"email", "metadata", "shipping_address"}


async def test_the_country_of_an_address_stays(admin: httpx.AsyncClient, tx: Transaction) -> None:
    order = await make_order(tx)

    body = {"shipping_address": {"country_code": "us"}}
    answer = await admin.post(f"/admin/orders/{order.id}", json=body)

    assert refused(answer) == "Country code cannot be changed"


async def test_an_order_is_completed_twice_and_archived_once(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    order = await make_order(tx)
    path = f"/admin/orders/{order.id}"

    early = await admin.post(f"{path}/archive")
    for _ in range(2):
        done = good(await admin.post(f"{path}/complete"))["order"]
    archived = good(await admin.post(f"{path}/archive"))["order"]
    again = await admin.post(f"{path}/archive")

    assert "cannot be archived" in refused(early)
    assert (done["status"], archived["status"]) == ("completed", "archived")
    assert "cannot be archived" in refused(again)


async def test_a_credit_line_lowers_an_order_within_what_is_due(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    order = await make_order(tx)
    path = f"/admin/orders/{order.id}/credit-lines"
    line_of = {"reference": "favour", "reference_id": "x"}

    lowered = good(await admin.post(path, json={"amount": 4, **line_of}))["order"]
    too_much = await admin.post(path, json={"amount": 81, **line_of})

    assert (lowered["total"], lowered["version"]) == (80, 2)
    assert lowered["summary"]["original_order_total"] == 84
    assert "more than the pending" in refused(too_much).replace("with amount ", "")
    first = good(await admin.get(f"/admin/orders/{order.id}?version=1"))["order"]
    assert (first["total"], first["credit_lines"]) == (84, [])
