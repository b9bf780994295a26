"""/admin/webhooks: made, changed, shown without their secret, told again."""

import httpx
import pytest

from merx.core.database import Transaction
from merx.outbox import emit
from tests.answers import good
from tests.factories.customers import make_buyer
from tests.factories.products import make_product
from tests.observed import forget_events

PATH = "/admin/webhooks"
BODY = {"url": "https://shop.test/told", "events": ["product.*", "order.placed"]}


async def make(admin: httpx.AsyncClient, **more: object) -> dict[str, str]:
    return good(await admin.post(PATH, json={**BODY, **more}))["webhook"]


async def test_a_secret_is_shown_only_when_it_is_made(admin: httpx.AsyncClient) -> None:
    answer = await admin.post(PATH, json=BODY)
    made = good(answer)["webhook"]
    rotated = good(await admin.post(f"{PATH}/{made['id']}/rotate-secret"))["webhook"]

    assert answer.headers["cache-control"] == "no-store"
    assert made["secret"].startswith("whsec_")
    assert rotated["secret"] not in ("", made["secret"])
    for other in (
        await admin.get(PATH),
        await admin.get(f"{PATH}?fields=*,+secret,+previous_secret"),
        await admin.get(f"{PATH}/{made['id']}?fields=secret,previous_secret,lease"),
        await admin.post(f"{PATH}/{made['id']}", json={"description": "Other"}),
    ):
        good(other)
        assert "whsec_" not in other.text


async def test_a_webhook_is_changed_and_deleted(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = await make(admin, description="Search")
    path = f"{PATH}/{made['id']}"

    changed = good(await admin.post(path, json={"events": ["*"], "enabled": False}))["webhook"]
    assert (changed["events"], changed["enabled"]) == (["*"], False)
    assert changed["description"] == "Search"
    assert good(await admin.get(f"{PATH}?enabled=false"))["count"] == 1
    deleted = good(await admin.delete(path))
    assert deleted == {"id": made["id"], "object": "webhook", "deleted": True}
    assert (await admin.get(path)).status_code == 404
    events = await tx.fetch("SELECT name FROM event WHERE name LIKE 'webhook.%' ORDER BY id")
    assert [row["name"] for row in events] == [
        "webhook.created",
        "webhook.updated",
        "webhook.deleted",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://127.0.0.1/"},
        {"url": "http://shop.test/"},
        {"url": "https://user@shop.test/"},
        {"url": 1},
        {"url": "https://shop.test/" + "a" * 3000},
        {"events": []},
        {"events": ["product"]},
        {"events": ["product.*.x"]},
        {"events": ["Product.created"]},
        {"events": [1]},
        {"events": ["a.b"] * 101},
        {"secret": "mine"},
        {"enabled": "perhaps"},
    ],
)
async def test_bad_webhooks_are_refused(
    admin: httpx.AsyncClient, tx: Transaction, change: dict[str, object]
) -> None:
    made = await make(admin)
    count = await tx.fetchval("SELECT count(*) FROM event")

    for answer in (
        await admin.post(PATH, json={**BODY, **change}),
        await admin.post(f"{PATH}/{made['id']}", json=change),
    ):
        assert answer.status_code == 400, answer.text
        assert answer.json()["type"] == "invalid_data"
    assert await tx.fetchval("SELECT count(*) FROM event") == count


@pytest.mark.parametrize("path", ["", "/rotate-secret", "/ping", "/replay", "/deliveries/x/replay"])
async def test_an_unknown_webhook_is_not_found(admin: httpx.AsyncClient, path: str) -> None:
    answer = await admin.post(f"{PATH}/whk_none{path}", json={})

    assert answer.status_code == 404
    assert answer.json()["message"] == "Webhook with id: whk_none was not found"


async def test_a_ping_and_a_replay_wait_in_the_log(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    path = f"{PATH}/{(await make(admin))['id']}"
    other = f"{PATH}/{(await make(admin))['id']}"
    ping = good(await admin.post(f"{path}/ping"))["delivery"]
    assert (ping["event"], ping["ids"], ping["state"]) == ("webhook.ping", [], "pending")

    await tx.execute("UPDATE webhook_delivery SET state = 'failed', attempts = 3")
    again = good(await admin.post(f"{path}/deliveries/{ping['id']}/replay"))["delivery"]
    assert (again["state"], again["attempts"]) == ("pending", 0)
    assert again["event_id"] == ping["event_id"]
    assert (await admin.post(f"{other}/deliveries/{ping['id']}/replay")).status_code == 404
    assert (await admin.get(f"{other}/deliveries/{ping['id']}")).status_code == 404
    assert good(await admin.get(f"{path}/deliveries/{ping['id']}"))["delivery"] == again
    assert good(await admin.get(f"{path}/deliveries?state=pending"))["count"] == 1
    assert good(await admin.get(f"{other}/deliveries"))["count"] == 0


async def test_events_are_replayed_from_a_cursor(admin: httpx.AsyncClient, tx: Transaction) -> None:
    product, customer = (await make_product(tx)).id, (await make_buyer(tx)).id
    path = f"{PATH}/{(await make(admin))['id']}"
    await forget_events(tx)
    await emit(tx, "product.updated", [product])
    await emit(tx, "customer.created", [customer])

    done = good(await admin.post(f"{path}/replay", json={}))
    assert (done["replayed"], done["has_more"]) == (1, False)
    rest = good(await admin.post(f"{path}/replay", json={"after": done["cursor"]}))
    assert rest == {"replayed": 0, "cursor": done["cursor"], "has_more": False}
    [delivery] = good(await admin.get(f"{path}/deliveries"))["deliveries"]
    assert (delivery["event"], delivery["ids"]) == ("product.updated", [product])


async def test_nothing_is_queued_for_a_disabled_webhook(admin: httpx.AsyncClient) -> None:
    path = f"{PATH}/{(await make(admin, enabled=False))['id']}"

    for route in ("ping", "replay", "deliveries/x/replay"):
        answer = await admin.post(f"{path}/{route}", json={})
        assert answer.status_code == 400
        assert answer.json()["type"] == "not_allowed"
