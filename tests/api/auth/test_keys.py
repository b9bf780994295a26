"""Secret and publishable API keys on the admin."""

from base64 import b64encode

import httpx
import pytest

from merx.core.database import Transaction
from merx.modules.api_key.service import create_api_key, redacted
from merx.settings import Settings
from tests.factories.people import PASSWORD, UNAUTHORIZED, Person, make_person, start_session


@pytest.fixture
async def ada(tx: Transaction) -> Person:
    return await make_person(tx)


@pytest.fixture
async def key(tx: Transaction) -> str:
    _, token = await create_api_key(tx, title="Importer", key_type="secret")
    return token


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def basic(credential: str) -> dict[str, str]:
    return {"authorization": f"Basic {credential}"}


async def refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.get("/admin/users", headers=headers)
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


async def test_a_secret_key_is_accepted_in_each_form(client: httpx.AsyncClient, key: str) -> None:
    for credential in (key, f"{key}:", base64(key), base64(f"{key}:")):
        assert (await client.get("/admin/users", headers=basic(credential))).status_code == 200
    lower = {"authorization": f"basic {key}"}
    assert (await client.get("/admin/users", headers=lower)).status_code == 200


async def test_other_credentials_are_refused(
    client: httpx.AsyncClient, ada: Person, key: str
) -> None:
    for credential in (
        "", ":", "sk_", f"{key}x", key[:-1], key.upper(), key.removeprefix("sk_"), f"{key}:x",
        base64(f"{key}:password"), base64(f":{key}"), base64(f"{ada.email}:{PASSWORD}"),
        base64("sk_\0"), "sk_%", base64("sk_' OR true --"), "====",
    ):  # fmt: skip
        await refused(client, basic(credential))


async def test_a_key_as_bearer_is_refused_with_a_hint(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.get("/admin/users", headers={"authorization": f"Bearer {key}"})

    assert answer.status_code == 401
    assert list(answer.json()) == ["message"]
    assert "must be sent using HTTP Basic" in answer.json()["message"]
    assert key not in answer.text


async def test_a_key_is_not_taken_from_the_query_or_other_headers(
    client: httpx.AsyncClient, key: str
) -> None:
    for headers in ({"x-api-key": key}, {"x-medusa-access-token": key}, {"cookie": f"key={key}"}):
        await refused(client, headers)
    assert (await client.get(f"/admin/users?token={key}")).status_code == 401


async def test_a_publishable_key_is_refused(client: httpx.AsyncClient, tx: Transaction) -> None:
    _, token = await create_api_key(tx, title="Shop", key_type="publishable")

    for headers in (basic(token), basic(base64(f"{token}:")), {"x-publishable-api-key": token}):
        await refused(client, headers)


async def test_a_publishable_key_is_not_a_secret_one_by_its_stored_text(
    client: httpx.AsyncClient, tx: Transaction, key: str
) -> None:
    stored = await tx.fetchval("SELECT token FROM api_key WHERE type = 'secret'")

    await refused(client, basic(stored))
    await refused(client, basic(f"sk_{stored}"))


async def test_a_revoked_key_is_refused_at_once(
    client: httpx.AsyncClient, tx: Transaction, key: str
) -> None:
    await tx.execute("UPDATE api_key SET revoked_at = now()")

    await refused(client, basic(key))


async def test_a_key_to_be_revoked_later_works_until_then(
    client: httpx.AsyncClient, tx: Transaction, key: str
) -> None:
    await tx.execute("UPDATE api_key SET revoked_at = now() + interval '1 hour'")

    assert (await client.get("/admin/users", headers=basic(key))).status_code == 200


async def test_a_deleted_key_is_refused(
    client: httpx.AsyncClient, tx: Transaction, key: str
) -> None:
    await tx.execute("UPDATE api_key SET deleted_at = now()")

    await refused(client, basic(key))


async def test_a_key_is_stored_hashed_and_shown_redacted(tx: Transaction, key: str) -> None:
    row = await tx.fetchrow(
        "SELECT token, redacted, api_key::text AS row FROM api_key WHERE type = 'secret'"
    )

    assert row is not None
    assert key not in row["row"]
    assert row["redacted"] == redacted(key) == f"{key[:6]}***{key[-3:]}"
    assert len(key) == len("sk_") + 64


async def test_a_key_is_no_user(client: httpx.AsyncClient, tx: Transaction, key: str) -> None:
    key_id = await tx.fetchval("SELECT id FROM api_key WHERE type = 'secret'")

    me = await client.get("/admin/users/me", headers=basic(key))

    assert me.status_code == 404
    assert me.json() == {"type": "not_found", "message": f"User with id: {key_id} was not found"}


async def test_a_key_gets_neither_a_session_nor_a_token(
    client: httpx.AsyncClient, key: str
) -> None:
    for path in ("/auth/session", "/auth/token/refresh"):
        answer = await client.post(path, headers=basic(key))
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
        assert "set-cookie" not in answer.headers


async def test_a_key_is_not_bound_to_an_origin(
    client: httpx.AsyncClient, settings: Settings, ada: Person, key: str
) -> None:
    await start_session(client, ada, settings)

    answer = await client.post(
        f"/admin/users/{ada.user_id}",
        json={"first_name": "Ada"},
        headers={**basic(key), "origin": "https://evil.test"},
    )

    assert answer.status_code == 200
