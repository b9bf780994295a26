"""A change that is sent twice with one key runs once, and both get the same response."""

import asyncio
from uuid import uuid4

import pytest

from merx.modules.idempotency.keys import forget_keys
from tests.answers import good
from tests.factories.payments import make_payment, till_of
from tests.factories.shop import make_goods, make_paid_cart, make_shop
from tests.server import address_of, running_server, started
from tests.workflows.support import holding, until_idle, until_waiting
from tests.workflows.test_crash import IN_THE_COMMIT, LOCK, WAIT_HERE, kill, served

COLORS = [{"title": "Color", "values": ["Blue"]}]
HATS = [{"title": title, "options": COLORS} for title in ("A", "B")]
KEYS = "SELECT count(*) FROM idempotency_key"
OLD = "UPDATE idempotency_key SET created_at = now() - interval '25 hours'"


def keyed(key=None):
    return {"idempotency-key": key or str(uuid4())}


def is_replayed(answer):
    return answer.headers.get("idempotent-replayed") == "true"


def problem(answer):
    return answer.status_code, answer.json().get("code") or answer.json()["type"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/admin/products", {"title": "Hat", "options": COLORS}),
        ("POST", "/admin/products/batch", {"create": HATS}),
        ("POST", "/admin/product-tags", {"value": "new"}),
        ("POST", "/admin/stock-locations", {"name": "Here"}),
        ("DELETE", "/admin/products/prod_1", None),
    ],
)
async def test_a_repeated_change_is_done_once_and_answered_alike(admin, tx, method, path, body):
    headers = keyed()
    count = "SELECT count(*) FROM product UNION ALL SELECT count(*) FROM event"

    first = await admin.request(method, path, json=body, headers=headers)
    after_first = await tx.fetch(count)
    second = await admin.request(method, path, json=body, headers=headers)

    assert (first.status_code, second.status_code) == (200, 200), first.text
    assert (is_replayed(first), is_replayed(second)) == (False, True)
    assert second.content == first.content
    assert second.headers["content-type"] == first.headers["content-type"]
    assert await tx.fetch(count) == after_first


@pytest.mark.parametrize(
    "change",
    [{"json": {"value": "other"}}, {"params": {"fields": "id"}}, {"json": {"wrong": 1}}],
    ids=["body", "query", "unusable body"],
)
async def test_a_key_of_another_request_is_refused(admin, change):
    headers = keyed()
    good(await admin.post("/admin/product-tags", json={"value": "new"}, headers=headers))

    given = {"json": {"value": "new"}, **change}
    answer = await admin.post("/admin/product-tags", headers=headers, **given)

    assert problem(answer) == (422, "idempotency_key_reused")


async def test_a_refused_change_leaves_no_key(admin, tx):
    headers = keyed()
    good(await admin.post("/admin/product-tags", json={"value": "taken"}))

    refused = await admin.post("/admin/product-tags", json={"value": "taken"}, headers=headers)
    other = await admin.post("/admin/product-tags", json={"value": "free"}, headers=headers)

    assert refused.status_code == 400
    assert (other.status_code, is_replayed(other)) == (200, False)
    assert await tx.fetchval(KEYS) == 1


async def test_a_quoted_key_is_the_same_and_reads_take_none(admin, tx):
    key = str(uuid4())
    body = {"value": "new"}
    good(await admin.post("/admin/product-tags", json=body, headers=keyed(key)))
    again = await admin.post("/admin/product-tags", json=body, headers=keyed(f'"{key}"'))

    read = await admin.get("/admin/product-tags", headers=keyed(key))

    assert is_replayed(again)
    assert not is_replayed(read)
    assert await tx.fetchval(KEYS) == 1


@pytest.mark.parametrize("key", ["", " ", "two words", "é", "x" * 256, '"half'])
async def test_an_unusable_key_is_refused(admin, key):
    headers = {"idempotency-key": key.encode()}

    answer = await admin.post("/admin/product-tags", json={"value": "new"}, headers=headers)

    assert problem(answer) == (400, "invalid_data")


async def test_the_answer_with_a_secret_is_not_kept(admin, tx):
    body = {"title": "Robot", "type": "secret"}

    answer = await admin.post("/admin/api-keys", json=body, headers=keyed())

    assert problem(answer) == (400, "invalid_data")
    assert await tx.fetchval("SELECT count(*) FROM api_key WHERE title = 'Robot'") == 0


async def test_keys_are_forgotten_after_a_day(admin, tx, database):
    headers = keyed()
    body = {"email": "ann@example.com", "first_name": "Ann"}
    good(await admin.post("/admin/customers", json=body, headers=headers))
    good(await admin.post("/admin/product-tags", json={"value": "new"}, headers=keyed()))
    await tx.execute(OLD)

    good(await admin.post("/admin/product-tags", json={"value": "newer"}, headers=headers))
    await forget_keys(database)

    # The old use of the key has expired; only the new one is stored.
    assert await tx.fetchval("SELECT array_agg(key) FROM idempotency_key") == [
        headers["idempotency-key"]
    ]


async def test_a_capture_that_is_repeated_takes_the_money_once(admin, tx, database):
    payment_id = await make_payment(till_of(database), tx)
    path, headers = f"/admin/payments/{payment_id}/capture", keyed()

    first = await admin.post(path, json={"amount": 10}, headers=headers)
    second = await admin.post(path, json={"amount": 10}, headers=headers)
    other = await admin.post(path, json={"amount": 11}, headers=headers)

    assert good(first) == good(second)
    assert is_replayed(second)
    assert problem(other) == (422, "idempotency_key_reused")
    assert await tx.fetchval("SELECT captured_amount FROM payment") == 10


async def test_a_capture_whose_answer_was_lost_is_not_asked_again(admin, tx, database):
    payment_id = await make_payment(till_of(database), tx)
    path, headers = f"/admin/payments/{payment_id}/capture", keyed()
    good(await admin.post(path, json={"amount": 10}, headers=headers))
    lost = "UPDATE idempotency_key SET status = NULL, body = NULL, content_type = NULL"
    await tx.execute(lost)

    running = await admin.post(path, json={"amount": 10}, headers=headers)
    await tx.execute("UPDATE idempotency_key SET created_at = now() - interval '6 minutes'")
    later = await admin.post(path, json={"amount": 10}, headers=headers)

    assert problem(running) == (409, "idempotency_key_in_use")
    assert problem(later) == (409, "idempotency_outcome_unknown")
    assert await tx.fetchval("SELECT captured_amount FROM payment") == 10


async def test_a_guest_adds_a_line_and_completes_a_cart_once(client, tx):
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Shirt", 9.99, stock=10)
    cart = await make_paid_cart(client, shop, ("Shirt", 1))
    path, headers = f"/store/carts/{cart['id']}", {**shop.headers, **keyed()}
    done = f"{path}/complete"

    changed = await client.post(path, json={"locale": "da"}, headers=headers)
    again = await client.post(path, json={"locale": "da"}, headers=headers)
    completion = {**shop.headers, **keyed()}
    first = await client.post(done, headers=completion)
    second = await client.post(done, headers=completion)
    await tx.execute("UPDATE idempotency_key SET status = NULL, body = NULL, content_type = NULL")
    third = await client.post(done, headers=completion)

    assert good(again) == good(changed)
    assert is_replayed(again)
    assert good(first) == good(second) == good(third)
    assert (is_replayed(second), is_replayed(third)) == (True, False)
    assert await tx.fetchval('SELECT count(*) FROM "order"') == 1


async def test_a_guest_needs_a_key_that_nobody_guesses(client, tx):
    shop = await make_shop(tx)

    answer = await client.post("/store/carts", json={}, headers={**shop.headers, **keyed("1")})

    assert problem(answer) == (400, "invalid_data")


@pytest.mark.commits
@pytest.mark.slow
async def test_two_processes_and_a_kill_do_a_change_once(tx, database, clone_url, tmp_path):
    path, body, headers = "/admin/product-tags", {"value": "new"}, keyed()
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
    with (
        running_server(clone_url, folders[0], RELAY="off") as one,
        started(folders[1], "--port", "0", DATABASE_URL=clone_url, RELAY="off") as second,
    ):
        async with served(one.url) as first, served(address_of(second)) as other:

            async def send(client):
                return await client.post("/admin/product-tags", json={"value": "x"}, headers=racing)

            racing = keyed()
            answers = await asyncio.gather(*(send(client) for client in (first, other) * 4))
            await tx.execute(f"{WAIT_HERE}; {IN_THE_COMMIT}")
            async with holding(database, LOCK):
                sending = asyncio.create_task(first.post(path, json=body, headers=headers))
                await until_waiting(database)
                repeating = asyncio.create_task(other.post(path, json=body, headers=headers))
                await until_waiting(database, 2)
                kill(one.process)
            repeated = await repeating
            await asyncio.gather(sending, return_exceptions=True)
            third = await other.post(path, json=body, headers=headers)

    await until_idle(tx)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sorted(map(is_replayed, answers)) == [False] + [True] * 7
    assert repeated.status_code == third.status_code == 200, repeated.text
    assert is_replayed(third)
    assert await tx.fetchval("SELECT count(*) FROM product_tag WHERE value = 'new'") == 1
