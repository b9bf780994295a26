"""A token from before the last change of the credentials opens nothing any more."""

import httpx
import jwt
import pytest

from merx.core.database import Transaction
from merx.modules.auth.resets import issue_reset_token
from merx.settings import Settings
from merx.workflows.people.user_accounts import set_password
from tests.answers import good
from tests.factories.customers import make_buyer, make_newcomer
from tests.factories.people import (
    UNAUTHORIZED,
    Person,
    bearer,
    claims,
    log_in,
    make_person,
    start_session,
)

NEW = "another password"


async def reset(client: httpx.AsyncClient, tx: Transaction, email: str, settings: Settings) -> None:
    token = await issue_reset_token(tx, email, "emailpass", "user", secret=settings.jwt_secret)
    path = "/auth/user/emailpass/update"
    good(await client.post(path, json={"password": NEW}, headers=bearer(str(token))))


@pytest.fixture
async def ada(tx: Transaction) -> Person:
    return await make_person(tx, "ada@shop.test")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/users/me"),
        ("GET", "/admin/products"),
        ("POST", "/auth/token/refresh"),
        ("POST", "/auth/session"),
        ("GET", "/auth/mfa/factors"),
    ],
)
async def test_a_new_password_ends_the_tokens_of_a_user(
    client: httpx.AsyncClient,
    tx: Transaction,
    settings: Settings,
    ada: Person,
    method: str,
    path: str,
) -> None:
    old = good(await log_in(client))["token"]

    await reset(client, tx, ada.email, settings)
    answer = await client.request(method, path, headers=bearer(old))
    new = good(await log_in(client, password=NEW))["token"]

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
    assert (await client.request(method, path, headers=bearer(new))).status_code == 200


async def test_a_new_password_by_the_operator_ends_tokens_too(
    client: httpx.AsyncClient, tx: Transaction, ada: Person
) -> None:
    old = good(await log_in(client))["token"]

    await set_password(tx, email=ada.email, password=NEW)

    assert (await client.get("/admin/users/me", headers=bearer(old))).status_code == 401


async def test_a_better_hash_of_the_same_password_ends_no_token(
    client: httpx.AsyncClient, ada: Person
) -> None:
    first = good(await log_in(client))["token"]

    good(await log_in(client))

    assert (await client.get("/admin/users/me", headers=bearer(first))).status_code == 200


async def test_a_new_password_ends_the_tokens_of_a_customer(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    bea = await make_buyer(tx)
    old = bea.headers(settings)
    good(await client.get("/store/customers/me", headers=old))

    await set_password(tx, email=bea.email, password=NEW)
    answer = await client.get("/store/customers/me", headers=old)

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


async def test_who_registered_for_somebody_else_becomes_no_customer_after_the_reset(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    planted = await make_newcomer(tx, "victim@home.test")
    headers = planted.headers(settings)

    await set_password(tx, email="victim@home.test", password=NEW)
    body = {"email": "victim@home.test"}
    answer = await client.post("/store/customers", json=body, headers=headers)

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


async def test_a_token_from_before_accepts_no_invite(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    planted = await make_newcomer(tx, "victim@shop.test")
    invited = await client.post(
        "/admin/invites", json={"email": "victim@shop.test"}, headers=ada.bearer(settings)
    )
    token = good(invited)["invite"]["token"]
    old = bearer(planted.token(settings, actor_type="user"))

    await set_password(tx, email="victim@shop.test", password=NEW)
    path = f"/admin/invites/accept?token={token}"
    answer = await client.post(path, json={"first_name": "Eve"}, headers=old)

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
    logged_in = good(await log_in(client, "victim@shop.test", NEW))["token"]
    good(await client.post(path, json={"first_name": "Vic"}, headers=bearer(logged_in)))


async def test_a_token_without_its_moment_is_as_old_as_can_be(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    said = claims(ada.token(settings))
    del said["iat"]
    undated = bearer(jwt.encode(said, settings.jwt_secret, "HS256"))

    assert (await client.get("/admin/users/me", headers=undated)).status_code == 200
    await set_password(tx, email=ada.email, password=NEW)
    assert (await client.get("/admin/users/me", headers=undated)).status_code == 401


async def test_a_new_password_by_mail_ends_the_sessions_of_its_owner_only(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    bob = await make_person(tx, "bob@shop.test")
    of_bob = await start_session(client, bob, settings)
    client.cookies.clear()
    await start_session(client, ada, settings)

    await reset(client, tx, ada.email, settings)

    assert (await client.get("/admin/users")).status_code == 401
    client.cookies.clear()
    client.cookies.set("connect.sid", of_bob)
    assert (await client.get("/admin/users")).status_code == 200


async def test_a_new_password_by_the_operator_ends_sessions_too(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    await start_session(client, ada, settings)

    await set_password(tx, email=ada.email, password=NEW)

    assert (await client.get("/admin/users")).status_code == 401
