"""Registration: an identity that is nobody yet."""

import asyncio

import httpx
import pytest

from merx.core.database import Transaction
from tests.factories.people import PASSWORD, UNAUTHORIZED, bearer, claims, log_in, make_person

PATH = "/auth/user/emailpass/register"
TAKEN = {"type": "unauthorized", "message": "Identity with email already exists"}
NEW = {"email": "new@shop.test", "password": "a new password"}


async def test_registration_answers_a_token_of_nobody(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json=NEW)

    assert answer.status_code == 200
    said = claims(answer.json()["token"])
    assert (said["actor_id"], said["app_metadata"]) == ("", {})


async def test_the_token_of_nobody_does_not_open_the_admin(client: httpx.AsyncClient) -> None:
    token = (await client.post(PATH, json=NEW)).json()["token"]

    answer = await client.get("/admin/users", headers=bearer(token))

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


async def test_a_session_of_nobody_does_not_open_the_admin(client: httpx.AsyncClient) -> None:
    token = (await client.post(PATH, json=NEW)).json()["token"]

    session = await client.post("/auth/session", headers=bearer(token))

    assert session.status_code == 200
    assert (await client.get("/admin/users")).status_code == 401


async def test_the_registered_can_log_in_and_stay_nobody(client: httpx.AsyncClient) -> None:
    await client.post(PATH, json=NEW)

    answer = await log_in(client, NEW["email"], NEW["password"])

    assert claims(answer.json()["token"])["actor_id"] == ""


@pytest.mark.usefixtures("real_hashes")
async def test_the_password_is_stored_as_a_salted_hash(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    await client.post(PATH, json=NEW)
    await client.post(PATH, json={**NEW, "email": "other@shop.test"})

    first, second = await tx.fetch("SELECT provider_metadata FROM provider_identity")
    assert first["provider_metadata"]["password"].startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert first["provider_metadata"] != second["provider_metadata"]


async def test_a_caller_cannot_choose_who_to_be(client: httpx.AsyncClient, tx: Transaction) -> None:
    ada = await make_person(tx)
    more = {"app_metadata": {"user_id": ada.user_id}, "user_id": ada.user_id, "id": "authid_1"}

    answer = await client.post(PATH, json={**NEW, **more})

    said = claims(answer.json()["token"])
    assert (said["actor_id"], said["app_metadata"], said["user_metadata"]) == ("", {}, {})


async def test_registering_again_with_the_same_password_gives_a_token_again(
    client: httpx.AsyncClient,
) -> None:
    first = await client.post(PATH, json=NEW)
    second = await client.post(PATH, json=NEW)

    ids = {claims(answer.json()["token"])["auth_identity_id"] for answer in (first, second)}
    assert len(ids) == 1


async def test_a_taken_email_is_refused(client: httpx.AsyncClient, tx: Transaction) -> None:
    await make_person(tx)
    await client.post(PATH, json=NEW)

    other_password = await client.post(PATH, json={**NEW, "password": "another"})
    of_a_user = await client.post(PATH, json={"email": "ada@shop.test", "password": PASSWORD})

    for answer in (other_password, of_a_user):
        assert (answer.status_code, answer.json()) == (401, TAKEN)


@pytest.mark.parametrize("email", ["a\0b", "\0"])
async def test_an_email_that_cannot_be_stored_is_refused(
    client: httpx.AsyncClient, email: str
) -> None:
    answer = await client.post(PATH, json={**NEW, "email": email})

    assert answer.status_code == 401


@pytest.mark.commits
async def test_of_two_racing_registrations_one_wins(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    answers = await asyncio.gather(
        *(client.post(PATH, json={**NEW, "password": f"password {n}"}) for n in range(4))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    assert await tx.fetchval("SELECT count(*) FROM auth_identity") == 1
