"""Log-in with e-mail and password."""

import statistics
import time

import httpx
import pytest

from merx.core.database import Transaction
from merx.settings import Settings
from tests.factories.people import PASSWORD, UNAUTHORIZED, WEAK, bearer, claims, log_in, make_person

REFUSED = {"type": "unauthorized", "message": "Invalid email or password"}


async def test_login_answers_a_token_with_the_claims_of_the_reference(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    ada = await make_person(tx)

    answer = await log_in(client)

    assert answer.status_code == 200
    assert list(answer.json()) == ["token"]
    assert answer.headers["cache-control"] == "no-store"
    said = claims(answer.json()["token"])
    issued_at = said["iat"]
    assert list(said.items()) == [
        ("actor_id", ada.user_id),
        ("actor_type", "user"),
        ("auth_identity_id", ada.identity.id),
        ("auth_provider", "emailpass"),
        ("mfa_enabled", False),
        ("mfa_challenge_completed_at", None),
        ("app_metadata", {"user_id": ada.user_id}),
        ("user_metadata", {}),
        ("iat", issued_at),
        ("exp", issued_at + 86_400),
    ]


async def test_the_token_opens_the_admin(client: httpx.AsyncClient, tx: Transaction) -> None:
    ada = await make_person(tx)

    token = (await log_in(client)).json()["token"]

    me = await client.get("/admin/users/me", headers=bearer(token))
    assert me.json()["user"]["id"] == ada.user_id


async def test_a_form_is_accepted(client: httpx.AsyncClient, tx: Transaction) -> None:
    await make_person(tx)

    answer = await client.post(
        "/auth/user/emailpass", data={"email": "ada@shop.test", "password": PASSWORD}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [
        pytest.param("ada@shop.test", "wrong", id="wrong password"),
        pytest.param("ada@shop.test", f"{PASSWORD} ", id="password with a blank"),
        pytest.param("nobody@shop.test", PASSWORD, id="unknown e-mail"),
        pytest.param(" ada@shop.test", PASSWORD, id="blank before"),
        pytest.param("ada@shop.test\0", PASSWORD, id="NUL in the e-mail"),
        pytest.param("' OR 1=1 --", PASSWORD, id="SQL"),
        pytest.param("%", PASSWORD, id="wildcard"),
        pytest.param("ada@shop.test", "x" * 50_000, id="very long password"),
        pytest.param("x" * 50_000, PASSWORD, id="very long e-mail"),
    ],
)
async def test_wrong_credentials_are_refused_in_the_same_words(
    client: httpx.AsyncClient, tx: Transaction, email: str, password: str
) -> None:
    await make_person(tx)

    answer = await log_in(client, email, password)

    assert (answer.status_code, answer.json()) == (401, REFUSED)


async def test_an_identity_without_a_password_is_refused(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    ada = await make_person(tx)
    await tx.execute(
        "UPDATE provider_identity SET provider_metadata = NULL WHERE auth_identity_id = $1",
        ada.identity.id,
    )

    answer = await log_in(client, password=PASSWORD)

    assert (answer.status_code, answer.json()) == (401, REFUSED)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param({}, "Password should be a string", id="nothing"),
        pytest.param({"email": "a"}, "Password should be a string", id="no password"),
        pytest.param({"email": "a", "password": ""}, "Password should be a string", id="empty"),
        pytest.param({"email": "a", "password": 1}, "Password should be a string", id="number"),
        pytest.param({"password": "a"}, "Email should be a string", id="no e-mail"),
        pytest.param({"email": "", "password": "a"}, "Email should be a string", id="empty e-mail"),
        pytest.param({"email": {"$ne": ""}, "password": "a"}, "Email should be a string", id="ops"),
        pytest.param([], "Password should be a string", id="list"),
    ],
)
async def test_missing_credentials_are_refused(
    client: httpx.AsyncClient, body: object, message: str
) -> None:
    answer = await client.post("/auth/user/emailpass", json=body)

    assert answer.status_code == 401
    assert answer.json() == {"type": "unauthorized", "message": message}


async def test_a_password_in_the_url_is_ignored(client: httpx.AsyncClient, tx: Transaction) -> None:
    await make_person(tx)

    answer = await client.get(
        "/auth/user/emailpass", params={"email": "ada@shop.test", "password": PASSWORD}
    )

    assert (answer.status_code, answer.json()["message"]) == (401, "Password should be a string")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{broken", id="no JSON"),
        pytest.param(b'{"email": "\\ud800", "password": "a"}', id="lone surrogate"),
        pytest.param(b'{"email": "\xff", "password": "a"}', id="no UTF-8"),
        pytest.param(b'"text"', id="no object"),
        pytest.param(b"[" * 50_000, id="deep"),
        pytest.param(b"[1e400," + b"[" * 50_000, id="deep behind a number beyond all"),
    ],
)
async def test_a_broken_body_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    headers = {"content-type": "application/json"}

    answer = await client.post("/auth/user/emailpass", content=body, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_data")


async def test_a_form_with_broken_text_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    answer = await client.post(
        "/auth/user/emailpass", content=b"email=%ff%00&password=%ff%00", headers=headers
    )

    assert (answer.status_code, answer.json()) == (401, REFUSED)


async def test_a_large_body_is_refused_before_it_is_parsed(client: httpx.AsyncClient) -> None:
    answer = await log_in(client, password="x" * 200_000)

    assert (answer.status_code, answer.json()["type"]) == (413, "payload_too_large")


async def test_an_unknown_provider_is_refused(client: httpx.AsyncClient) -> None:
    as_user = await client.post("/auth/user/nope", json={})
    as_customer = await client.post("/auth/customer/nope", json={})

    assert as_user.status_code == 400
    assert as_user.json() == {
        "type": "not_allowed",
        "message": "The actor type user is not allowed to use the auth provider nope",
    }
    assert as_customer.status_code == 401
    assert "auth provider with id: nope" in as_customer.json()["message"]


async def test_a_login_as_another_actor_type_is_nobody_in_the_admin(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    await make_person(tx)

    for actor_type in ("customer", "nope", "__class__"):
        answer = await client.post(
            f"/auth/{actor_type}/emailpass", json={"email": "ada@shop.test", "password": PASSWORD}
        )
        token = answer.json()["token"]
        assert claims(token)["actor_id"] == ""
        refused = await client.get("/admin/users/me", headers=bearer(token))
        assert (refused.status_code, refused.json()) == (401, UNAUTHORIZED)


@pytest.mark.usefixtures("real_hashes")
async def test_a_weak_hash_is_replaced_when_its_owner_logs_in(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    await make_person(tx)

    await log_in(client)

    stored = await tx.fetchval("SELECT provider_metadata ->> 'password' FROM provider_identity")
    assert WEAK.check_needs_rehash(stored)
    assert "m=47104,t=1,p=1" in stored
    assert (await log_in(client)).status_code == 200


@pytest.mark.usefixtures("real_hashes")
async def test_an_unknown_email_takes_as_long_as_a_wrong_password(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    await make_person(tx)
    await log_in(client)  # stores a hash of full strength

    async def duration(email: str) -> float:
        start = time.process_time()
        await log_in(client, email, "wrong")
        return time.process_time() - start

    tries = range(3)
    wrong = statistics.median([await duration("ada@shop.test") for _ in tries])
    unknown = statistics.median([await duration("nobody@shop.test") for _ in tries])

    # Of the processor's time, which other processes do not lengthen; without the hash a tenth.
    assert unknown > wrong / 2
    assert wrong > unknown / 2


async def test_the_ways_to_log_in_are_listed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/auth/user/providers")

    assert [provider["id"] for provider in answer.json()["providers"]] == ["emailpass"]
