"""A log-in that is deleted, or one of its two rows, opens nothing by any path."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from merx.core.database import Transaction
from merx.modules.auth.provider_identities import recognise_identity
from merx.modules.auth.resets import issue_reset_token
from merx.modules.auth.verifications import request_verification
from merx.settings import Settings
from merx.workflows.people.password_resets import request_reset
from tests.answers import good
from tests.factories.people import Person, bearer, log_in, make_person

ROWS = ("auth_identity", "provider_identity")
NEW = "another password"


@pytest.fixture
async def ada(tx: Transaction) -> Person:
    """One of three, so that a statement that finds anybody finds somebody else too."""
    await make_person(tx, "abe@shop.test")
    ada = await make_person(tx, "ada@shop.test")
    await make_person(tx, "bob@shop.test")
    return ada


async def delete(tx: Transaction, table: str, person: Person) -> None:
    """As an operator could: only one of the rows."""
    key = "id" if table == "auth_identity" else "auth_identity_id"
    await tx.execute(f"UPDATE {table} SET deleted_at = now() WHERE {key} = $1", person.identity.id)


async def hashes(tx: Transaction) -> list[tuple[str, str]]:
    rows = await tx.fetch(
        "SELECT entity_id, provider_metadata ->> 'password' FROM provider_identity"
    )
    return sorted((row[0], row[1]) for row in rows)


@pytest.mark.parametrize("table", ROWS)
async def test_a_deleted_log_in_is_not_found(
    client: httpx.AsyncClient, tx: Transaction, ada: Person, table: str
) -> None:
    good(await log_in(client))
    await delete(tx, table, ada)

    answer = await log_in(client)

    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid email or password")


@pytest.mark.parametrize("table", ROWS)
async def test_a_deleted_log_in_gets_no_mail_to_reset_it(
    tx: Transaction, settings: Settings, ada: Person, table: str
) -> None:
    await delete(tx, table, ada)

    await request_reset(tx, ada.email, "user", {})
    token = await issue_reset_token(tx, ada.email, "emailpass", "user", secret=settings.jwt_secret)

    assert token is None
    assert await tx.fetchval("SELECT count(*) FROM auth_password_reset_token") == 0


@pytest.mark.parametrize("table", ROWS)
async def test_a_mailed_token_of_a_log_in_that_was_deleted_since_changes_no_password(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person, table: str
) -> None:
    token = await issue_reset_token(tx, ada.email, "emailpass", "user", secret=settings.jwt_secret)
    await delete(tx, table, ada)
    before = await hashes(tx)

    path = "/auth/user/emailpass/update"
    answer = await client.post(path, json={"password": NEW}, headers=bearer(str(token)))

    assert answer.status_code == 401
    assert await hashes(tx) == before


Opened = Callable[[httpx.AsyncClient, dict[str, str]], Awaitable[httpx.Response]]
WITH_A_TOKEN: dict[str, Opened] = {
    "a session": lambda client, headers: client.post("/auth/session", headers=headers),
    "another token": lambda client, headers: client.post("/auth/token/refresh", headers=headers),
    "its second factors": lambda client, headers: client.get("/auth/mfa/factors", headers=headers),
}


@pytest.mark.parametrize("name", WITH_A_TOKEN)
async def test_a_token_of_a_deleted_log_in_opens_nothing(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person, name: str
) -> None:
    headers = ada.bearer(settings)
    assert (await WITH_A_TOKEN[name](client, headers)).status_code == 200
    client.cookies.clear()
    await delete(tx, "auth_identity", ada)

    assert (await WITH_A_TOKEN[name](client, headers)).status_code == 401


async def test_a_deleted_log_in_verifies_no_address(
    client: httpx.AsyncClient, tx: Transaction, ada: Person
) -> None:
    asked = await request_verification(tx, ada.identity.id, ada.email, "email", {})
    await delete(tx, "auth_identity", ada)

    answer = await client.post("/auth/verification/confirm", json={"code": asked.code})

    assert answer.status_code == 400
    assert await tx.fetchval("SELECT count(verified_at) FROM auth_verification") == 0


async def test_a_deleted_verification_counts_for_nothing(
    client: httpx.AsyncClient, tx: Transaction, ada: Person
) -> None:
    asked = await request_verification(tx, ada.identity.id, ada.email, "email", {})
    await tx.execute("UPDATE auth_verification SET deleted_at = now()")

    answer = await client.post("/auth/verification/confirm", json={"code": asked.code})
    again = await request_verification(tx, ada.identity.id, ada.email, "email", {})

    assert answer.status_code == 400
    assert again.is_new
    assert again.row["id"] != asked.row["id"]


@pytest.mark.parametrize("table", ROWS)
async def test_who_comes_from_a_provider_to_a_deleted_log_in_gets_a_new_one(
    tx: Transaction, table: str
) -> None:
    for name in ("other", "ada"):
        await recognise_identity(tx, "openid", name, {"name": name})
    ada = await recognise_identity(tx, "openid", "ada", {"name": "Ada"})
    assert (await recognise_identity(tx, "openid", "ada", {"name": "Ada"})).id == ada.id
    # The unique index keeps the name until its row is deleted too.
    for one in dict.fromkeys((table, "provider_identity")):
        key = "id" if one == "auth_identity" else "auth_identity_id"
        await tx.execute(f"UPDATE {one} SET deleted_at = now() WHERE {key} = $1", ada.id)

    again = await recognise_identity(tx, "openid", "ada", {"name": "Ada again"})

    assert again.id != ada.id
    rows = await tx.fetch(
        "SELECT entity_id, user_metadata, deleted_at IS NULL FROM provider_identity ORDER BY id"
    )
    assert [tuple(row) for row in rows if row[0] in ("other", "ada")] == [
        ("other", {"name": "other"}, True),
        ("ada", {"name": "Ada"}, False),
        ("ada", {"name": "Ada again"}, True),
    ]


@pytest.mark.parametrize("table", ROWS)
async def test_the_ways_in_of_a_user_are_those_that_are_left(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person, table: str
) -> None:
    bea = await make_person(tx, "bea@shop.test")
    # Two accounts at one provider are one way in.
    for name in ("github", "github-2", "google"):
        await tx.execute(
            "INSERT INTO provider_identity (id, entity_id, provider, auth_identity_id)"
            " VALUES ($1, $1, $2, $3)",
            f"provid_{name}",
            name.partition("-")[0],
            ada.identity.id,
        )
    path, headers = f"/admin/users/{ada.user_id}/auth-providers", bea.bearer(settings)
    found = good(await client.get(path, headers=headers))["providers"]
    assert found == ["emailpass", "github", "google"]
    where = "id" if table == "auth_identity" else "provider = 'github' AND auth_identity_id"
    await tx.execute(f"UPDATE {table} SET deleted_at = now() WHERE {where} = $1", ada.identity.id)

    found = good(await client.get(path, headers=headers))["providers"]
    assert found == ([] if table == "auth_identity" else ["emailpass", "google"])
