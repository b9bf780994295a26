"""Keys are shown once, stored hashed, refused as soon as they are revoked."""

import asyncio

import httpx
import pytest

from merx.core.database import Database, Transaction
from tests.answers import good
from tests.factories.keys import basic, make_key, storefront
from tests.factories.people import UNAUTHORIZED

PATH = "/admin/api-keys"


async def make(admin: httpx.AsyncClient, key_type: str) -> dict[str, str]:
    return good(await admin.post(PATH, json={"title": "A key", "type": key_type}))["api_key"]


async def test_a_secret_key_is_shown_only_when_it_is_made(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    answer = await admin.post(PATH, json={"title": "Import", "type": "secret"})
    made = good(answer)["api_key"]

    assert answer.headers["cache-control"] == "no-store"
    assert len(made["token"]) == len("sk_") + 64
    others = [
        await admin.get(f"{PATH}/{made['id']}"),
        await admin.get(f"{PATH}/{made['id']}?fields=*,token,salt"),
        await admin.get(f"{PATH}?fields=+token"),
        await admin.post(f"{PATH}/{made['id']}", json={"title": "Other"}),
        await admin.post(f"{PATH}/{made['id']}/revoke", json={}),
    ]
    stored = await tx.fetchval("SELECT token FROM api_key WHERE id = $1", made["id"])
    for other in others:
        assert made["token"] not in other.text
        assert stored not in other.text
    assert await tx.fetchval("SELECT count(*) FROM event WHERE ids::text LIKE '%sk_%'") == 0


async def test_the_hash_of_a_secret_key_cannot_be_probed(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    key_id, _ = await make_key(tx, "secret")
    stored = await tx.fetchval("SELECT token FROM api_key WHERE id = $1", key_id)

    for query in (f"token={stored}", f"q={stored[:20]}", f"$or[0][token]={stored}"):
        assert good(await admin.get(f"{PATH}?{query}"))["count"] == 0
    for operator in ("$like", "$gt", "$re"):
        assert (await admin.get(f"{PATH}?token[{operator}]=a")).status_code == 400


async def test_a_body_cannot_set_what_the_shop_decides(admin: httpx.AsyncClient) -> None:
    body = {"title": "x", "type": "secret"}
    for name in ("token", "created_by", "redacted", "id", "revoked_at", "last_used_at"):
        assert (await admin.post(PATH, json={**body, name: "x"})).status_code == 400


async def test_a_revoked_secret_key_is_refused_by_the_next_request(
    admin: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    key = await make(admin, "secret")
    assert (await client.get(PATH, headers=basic(key["token"]))).status_code == 200

    good(await admin.post(f"{PATH}/{key['id']}/revoke", json={}))

    answer = await client.get(PATH, headers=basic(key["token"]))
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


async def test_a_revoked_key_is_not_revived(
    admin: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    key = await make(admin, "publishable")
    ended = good(await admin.post(f"{PATH}/{key['id']}/revoke", json={}))["api_key"]["revoked_at"]

    later = good(await admin.post(f"{PATH}/{key['id']}/revoke", json={"revoke_in": 3600}))

    assert later["api_key"]["revoked_at"] == ended
    answer = await client.get("/store/currencies", headers=storefront(key["token"]))
    assert answer.status_code == 400


@pytest.mark.parametrize("seconds", ["1e300", "1e18", "-1e300", f"1{400 * '0'}", "0.001"])
async def test_a_wild_time_of_revocation_is_no_fault(
    admin: httpx.AsyncClient, seconds: str
) -> None:
    key = await make(admin, "publishable")

    answer = await admin.post(
        f"{PATH}/{key['id']}/revoke",
        content=f'{{"revoke_in": {seconds}}}',
        headers={"content-type": "application/json"},
    )

    assert answer.status_code in (200, 400)


async def test_a_key_in_force_is_not_deleted(admin: httpx.AsyncClient) -> None:
    key = await make(admin, "publishable")

    for body in (None, {"revoke_in": 3600}):
        if body:
            good(await admin.post(f"{PATH}/{key['id']}/revoke", json=body))
        answer = await admin.delete(f"{PATH}/{key['id']}")
        assert answer.status_code == 400
        assert answer.json()["type"] == "not_allowed"
    assert good(await admin.get(f"{PATH}/{key['id']}"))["api_key"]["id"] == key["id"]


@pytest.mark.commits
async def test_the_last_use_is_noted_once_a_minute_and_beside_the_request(
    client: httpx.AsyncClient, database: Database, tx: Transaction
) -> None:
    key_id, token = await make_key(tx, "secret")

    answers = await asyncio.gather(
        *(client.get("/admin/currencies", headers=basic(token)) for _ in range(20))
    )
    first = await last_use(tx, key_id)
    for _ in range(5):
        await client.get("/admin/currencies", headers=basic(token))
    again = await last_use(tx, key_id)

    assert {answer.status_code for answer in answers} == {200}
    assert again == first


@pytest.mark.commits
async def test_a_held_row_does_not_hold_the_requests_of_its_key(
    client: httpx.AsyncClient, database: Database, tx: Transaction
) -> None:
    key_id, token = await make_key(tx)

    async with database.write() as other:
        await other.execute("SELECT FROM api_key WHERE id = $1 FOR UPDATE", key_id)
        async with asyncio.timeout(5):
            for _ in range(3):
                answer = await client.get("/store/currencies", headers=storefront(token))
                assert answer.status_code == 200


async def last_use(tx: Transaction, key_id: str) -> object:
    """When a key was last used, waited for."""
    for _ in range(100):
        found = await tx.fetchval("SELECT last_used_at FROM api_key WHERE id = $1", key_id)
        if found is not None:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("the use was never noted")
