"""How often strangers may have something done: mails sent, log-ins made, passwords tried."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.settings import Settings
from tests.answers import good
from tests.factories.people import PASSWORD, bearer, log_in, make_person

REGISTER = "/auth/customer/emailpass/register"
RESET = "/auth/user/emailpass/reset-password"


@pytest.fixture
def chosen(app: FastAPI) -> Iterator[FastAPI]:
    own = app.state.settings
    yield app
    app.state.settings = own


def choose(app: FastAPI, **values: int) -> None:
    app.state.settings = app.state.settings.model_copy(update=values)


async def pass_time(tx: Transaction, time: timedelta) -> None:
    await tx.execute(
        "UPDATE login_attempt SET window_ends_at = window_ends_at - $1::interval", time
    )


async def test_a_mailbox_gets_so_many_resets_a_day(
    client: httpx.AsyncClient, chosen: FastAPI, tx: Transaction
) -> None:
    choose(chosen, mails_per_day=3, login_attempts=2)
    await make_person(tx)
    answers: list[httpx.Response] = []
    for email in ("ada@shop.test", "Ada@shop.test", "ada@shop.test", "ada@shop.test"):
        answers.append(await client.post(RESET, json={"identifier": email}))
        await pass_time(tx, timedelta(seconds=301))

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    words = answers[-1].json()["message"]
    assert words.startswith("Too many messages to this address. Try again in ")
    assert int(answers[-1].headers["retry-after"]) > 80_000
    assert await tx.fetchval("SELECT count(*) FROM mail") == 3
    await pass_time(tx, timedelta(days=1))
    assert (await client.post(RESET, json={"identifier": "ada@shop.test"})).status_code == 201


async def test_verifications_and_resets_share_the_mailbox(
    client: httpx.AsyncClient, chosen: FastAPI, tx: Transaction, settings: Settings
) -> None:
    choose(chosen, mails_per_day=2)
    ada = await make_person(tx)
    body = {"entity_id": "ada@shop.test", "entity_type": "email", "code_provider": "token"}
    path = "/auth/verification/request"
    first = await client.post(path, json=body, headers=ada.bearer(settings))
    second = await client.post(RESET, json={"identifier": "ada@shop.test"})
    third = await client.post(path, json=body, headers=ada.bearer(settings))

    assert [one.status_code for one in (first, second, third)] == [201, 201, 429]


async def test_registrations_are_counted_by_address(
    client: httpx.AsyncClient, chosen: FastAPI, tx: Transaction
) -> None:
    choose(chosen, registrations_per_address=2)
    statuses: list[int] = []
    for name in ("a", "b", "b", "c"):
        body = {"email": f"{name}@home.test", "password": PASSWORD}
        statuses.append((await client.post(REGISTER, json=body)).status_code)

    # Who registers again before becoming somebody makes nothing new.
    assert statuses == [200, 200, 200, 429]
    assert await tx.fetchval("SELECT count(*) FROM auth_identity") == 2


async def test_wrong_passwords_from_elsewhere_do_not_lock_the_owner_out(
    app: FastAPI, tx: Transaction, settings: Settings
) -> None:
    await make_person(tx)
    async with _from(app, "203.0.113.9") as stranger, _from(app, "198.51.100.7") as owner:
        tried = [
            (await log_in(stranger, password="wrong")).status_code
            for _ in range(settings.login_attempts + 1)
        ]
        token = good(await log_in(owner))["token"]

        assert tried == [401] * settings.login_attempts + [429]
        assert (await log_in(stranger)).status_code == 429
        good(await owner.get("/admin/users/me", headers=bearer(token)))


async def test_wrong_passwords_from_everywhere_are_bounded(
    app: FastAPI, chosen: FastAPI, tx: Transaction
) -> None:
    choose(chosen, login_attempts=2, login_attempts_per_email=5)
    await make_person(tx)
    statuses: list[int] = []
    for host in range(3):
        async with _from(app, f"203.0.113.{host}") as stranger:
            statuses += [(await log_in(stranger, password="wrong")).status_code for _ in range(2)]

    assert statuses == [401, 401, 401, 401, 401, 429]


def _from(app: FastAPI, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:9000")
