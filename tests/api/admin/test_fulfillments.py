"""/admin/fulfillments with a provider outside: asked once, written down, given up."""

import asyncio

import pytest

from merx.core.errors import Conflict
from merx.modules.fulfillment.fulfillments import NewFulfillment, NewItem
from merx.providers.fulfillment import (
    Accepted,
    DeliveryRefused,
    FulfillmentProviders,
    Label,
    ManualProvider,
)
from merx.workflows.delivery.fulfillments import handed_over, write_fulfillment
from merx.workflows.orders.settle_deliveries import settle_requests
from tests.factories.delivery import let_deliver, make_depot, make_option

PATH = "/admin/fulfillments"
REQUESTS = "SELECT action, state FROM fulfillment_request ORDER BY action DESC"


class Carrier(ManualProvider):
    id = "carrier_carrier"
    is_local = False

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.given_up: list[str] = []
        self.fault: Exception | None = None
        self.asked, self.gate = asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def create_fulfillment(self, handover):
        if self.fault is not None:
            raise self.fault
        self.taken.append(handover.key)
        label = Label("T1", "https://carrier.test/T1", "https://carrier.test/T1.pdf")
        return Accepted({"number": "N1"}, [label])

    async def cancel_fulfillment(self, key, data):
        self.asked.set()
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        self.given_up.append(key)


@pytest.fixture
async def carrier(app, tx):
    known = app.state.fulfillment_providers
    carrier = Carrier()
    app.state.fulfillment_providers = FulfillmentProviders.of([carrier])
    yield carrier
    app.state.fulfillment_providers = known


async def wanted(tx, **fields):
    depot = await make_depot(tx)
    await let_deliver(tx, depot.location_id, Carrier.id)
    return {
        "location_id": depot.location_id,
        "provider_id": Carrier.id,
        "shipping_option_id": await make_option(tx, depot),
        "delivery_address": {"country_code": "dk"},
        "items": [{"title": "Shirt", "sku": "s", "quantity": 1, "barcode": "b"}],
        "labels": [],
        "order_id": "order_1",
        "data": None,
        "metadata": None,
        **fields,
    }


async def requests(tx):
    return [tuple(record) for record in await tx.fetch(REQUESTS)]


async def test_what_the_provider_answers_is_kept(admin, tx, carrier):
    answer = await admin.post(PATH, json=await wanted(tx))

    shown = answer.json()["fulfillment"]
    assert carrier.taken == [shown["id"]]
    assert shown["data"] == {"number": "N1"}
    assert [label["tracking_number"] for label in shown["labels"]] == ["T1"]
    assert await requests(tx) == [("create", "done")]


async def test_a_refusal_is_told_and_nothing_is_written(admin, tx, carrier):
    carrier.fault = DeliveryRefused("Too heavy")

    answer = await admin.post(PATH, json=await wanted(tx))

    assert (answer.status_code, answer.json()["message"]) == (400, "Too heavy")
    assert await tx.fetchval("SELECT count(*) FROM fulfillment") == 0
    assert await requests(tx) == [("create", "failed")]


async def test_without_an_answer_the_request_stays_open_until_it_is_settled(
    admin, tx, carrier, database
):
    carrier.fault = TimeoutError()

    answer = await admin.post(PATH, json=await wanted(tx))
    open_before = await requests(tx)
    carrier.fault = None
    settled = await settle_requests(database, {carrier.id: carrier}, older_than=-1)

    assert answer.status_code == 503
    assert open_before == [("create", "requested")]
    assert settled == carrier.given_up != []
    assert await requests(tx) == [("create", "undone")]


async def test_a_handover_that_cannot_be_written_is_given_up(admin, tx, carrier):
    answer = await admin.post(PATH, json=await wanted(tx, location_id="sloc_none"))

    assert (answer.status_code, answer.json()["message"]) == (
        404,
        "StockLocation id not found: sloc_none",
    )
    assert carrier.taken == carrier.given_up != []
    assert await requests(tx) == [("create", "undone")]


async def test_the_provider_hears_of_a_cancellation_once(admin, tx, carrier):
    made = (await admin.post(PATH, json=await wanted(tx))).json()["fulfillment"]["id"]

    first = await admin.post(f"{PATH}/{made}/cancel", json={})
    again = await admin.post(f"{PATH}/{made}/cancel", json={})

    assert [first.status_code, again.status_code] == [200, 200]
    assert carrier.given_up == [made]
    assert await requests(tx) == [("create", "done"), ("cancel", "done")]


@pytest.mark.commits
async def test_of_shipping_and_canceling_at_once_one_wins(admin, tx, database):
    depot = await make_depot(tx)
    option = await make_option(tx, depot)
    new = NewFulfillment(
        depot.location_id, "manual_manual", [NewItem("Shirt", 1)], shipping_option_id=option
    )
    async with handed_over(database, {}, new) as handed, database.write() as own:
        made = await write_fulfillment(own, handed)

    answers = await asyncio.gather(
        *(admin.post(f"{PATH}/{made}/shipment", json={"labels": []}) for _ in range(4)),
        *(admin.post(f"{PATH}/{made}/cancel") for _ in range(4)),
    )

    shipped = [answer.status_code for answer in answers[:4]]
    canceled = {answer.status_code for answer in answers[4:]}
    state = await tx.fetchrow("SELECT shipped_at, canceled_at FROM fulfillment WHERE id = $1", made)
    assert {answer.status_code for answer in answers} <= {200, 400}
    assert (state["shipped_at"] is None) != (state["canceled_at"] is None)
    assert shipped.count(200) == (1 if state["shipped_at"] else 0)
    assert canceled == ({400} if state["shipped_at"] else {200})


async def test_a_cancellation_without_an_answer_is_asked_again_and_booked(
    admin, tx, carrier, database
):
    made = (await admin.post(PATH, json=await wanted(tx))).json()["fulfillment"]["id"]
    carrier.fault = TimeoutError()

    answer = await admin.post(f"{PATH}/{made}/cancel", json={})
    shipped = await admin.post(f"{PATH}/{made}/shipment", json={"labels": []})
    nobody = await settle_requests(database, {carrier.id: carrier}, older_than=-1)
    carrier.fault = None
    settled = await settle_requests(database, {carrier.id: carrier}, older_than=-1)

    assert answer.status_code == 503
    assert (shipped.status_code, shipped.json()["message"]) == (
        400,
        "The fulfillment is being canceled",
    )
    assert (nobody, settled) == ([], [made])
    assert await tx.fetchval("SELECT canceled_at FROM fulfillment WHERE id = $1", made)
    assert await requests(tx) == [("create", "done"), ("cancel", "done")]


async def test_what_the_provider_does_not_let_go_of_can_be_shipped(admin, tx, carrier):
    made = (await admin.post(PATH, json=await wanted(tx))).json()["fulfillment"]["id"]
    carrier.fault = DeliveryRefused("It is on the lorry")

    answer = await admin.post(f"{PATH}/{made}/cancel", json={})
    shipped = await admin.post(f"{PATH}/{made}/shipment", json={"labels": []})

    assert (answer.status_code, answer.json()["message"]) == (400, "It is on the lorry")
    assert shipped.status_code == 200
    assert await requests(tx) == [("create", "done"), ("cancel", "failed")]


async def test_a_handover_that_was_given_up_is_not_written_later(admin, tx, carrier, database):
    new = NewFulfillment(
        (await make_depot(tx, "Late")).location_id, Carrier.id, [NewItem("Shirt", 1)]
    )
    await let_deliver(tx, new.location_id, Carrier.id)

    async def write_late():
        async with handed_over(database, {Carrier.id: carrier}, new) as handed:
            await settle_requests(database, {Carrier.id: carrier}, older_than=-1)
            async with database.write() as own:
                await write_fulfillment(own, handed)

    with pytest.raises(Conflict, match="too late"):
        await write_late()

    assert await tx.fetchval("SELECT count(*) FROM fulfillment") == 0
    assert await requests(tx) == [("create", "undone")]


async def test_a_handover_that_is_written_is_not_given_up(admin, tx, carrier, database):
    """As when the answer to a commit is lost, and the block seems to fail."""
    depot = await make_depot(tx)
    await let_deliver(tx, depot.location_id, Carrier.id)
    new = NewFulfillment(depot.location_id, Carrier.id, [NewItem("Shirt", 1)])

    async def lose_the_answer():
        async with handed_over(database, {Carrier.id: carrier}, new) as handed:
            async with database.write() as own:
                await write_fulfillment(own, handed)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await lose_the_answer()

    assert carrier.given_up == []
    assert await requests(tx) == [("create", "done")]


@pytest.mark.commits
async def test_what_the_provider_is_asked_to_let_go_of_does_not_ship(admin, tx, carrier):
    made = (await admin.post(PATH, json=await wanted(tx))).json()["fulfillment"]["id"]
    carrier.gate.clear()

    canceling = asyncio.create_task(admin.post(f"{PATH}/{made}/cancel", json={}))
    await carrier.asked.wait()
    answers = await asyncio.gather(
        *(admin.post(f"{PATH}/{made}/shipment", json={"labels": []}) for _ in range(4))
    )
    carrier.gate.set()

    assert [answer.json()["message"] for answer in answers] == [
        "The fulfillment is being canceled"
    ] * 4
    assert (await canceling).status_code == 200
    assert carrier.given_up == [made]
    assert await tx.fetchval("SELECT shipped_at FROM fulfillment WHERE id = $1", made) is None
