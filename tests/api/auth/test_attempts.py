"""Guessing passwords is slowed down, per e-mail and per address, and tells nothing."""

import asyncio
from threading import BoundedSemaphore

import httpx
import pytest

from merx.core.database import Transaction
from merx.modules.auth import passwords
from merx.settings import Settings
from tests.factories.people import log_in, make_person

EMAIL = "ada@shop.test"


async def fail(client: httpx.AsyncClient, times: int = 1, email: str = EMAIL) -> list[int]:
    return [(await log_in(client, email, "wrong")).status_code for _ in range(times)]


async def leave(tx: Transaction, remaining: int, kind: str = "email") -> None:
    """Use up the counted budgets of a kind but for some attempts."""
    await tx.execute(
        "UPDATE login_attempt SET remaining = $1 WHERE key LIKE $2 || ':%'", remaining, kind
    )


@pytest.mark.parametrize("email", [EMAIL, "nobody@shop.test"])
async def test_after_too_many_failures_even_the_right_password_waits(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, email: str
) -> None:
    await make_person(tx)

    assert set(await fail(client, settings.login_attempts, email)) == {401}

    answer = await log_in(client, email)
    assert answer.status_code == 429
    assert answer.json()["type"] == "too_many_requests"
    wait = answer.headers["retry-after"]
    assert 1 <= int(wait) <= settings.login_window
    assert f"Try again in {wait} seconds" in answer.json()["message"]


async def test_after_the_window_one_may_try_again(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    await make_person(tx)
    await fail(client)
    await leave(tx, 0)
    assert await fail(client) == [429]

    await tx.execute("UPDATE login_attempt SET window_ends_at = now() - interval '1 second'")

    assert (await log_in(client)).status_code == 200


async def test_successes_are_not_counted(client: httpx.AsyncClient, tx: Transaction) -> None:
    await make_person(tx)
    await fail(client)
    await leave(tx, 1)

    answers = [(await log_in(client)).status_code for _ in range(3)]

    assert answers == [200, 200, 200]


async def test_a_success_does_not_forgive_earlier_failures(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    await make_person(tx)
    await fail(client)
    await leave(tx, 1)

    assert (await log_in(client)).status_code == 200

    assert await fail(client, 2) == [401, 429]


async def test_one_email_does_not_lock_another(client: httpx.AsyncClient, tx: Transaction) -> None:
    await make_person(tx)

    await fail(client, email="nobody@shop.test")
    await leave(tx, 0)

    assert (await log_in(client)).status_code == 200


async def test_an_address_that_guesses_for_many_emails_is_stopped(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    await fail(client, email="first@shop.test")
    await leave(tx, 1, "address")

    assert await fail(client, email="second@shop.test") == [401]
    assert await fail(client, email="third@shop.test") == [429]


async def test_a_stopped_address_does_not_use_up_the_budget_of_an_email(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    await make_person(tx)
    await fail(client)
    await leave(tx, 0, "address")

    assert set(await fail(client, settings.login_attempts)) == {429}

    left = await tx.fetch("SELECT remaining FROM login_attempt WHERE key LIKE 'email:%' ORDER BY 1")
    assert [row["remaining"] for row in left] == [
        settings.login_attempts - 1,
        settings.login_attempts_per_email - 1,
    ]


async def test_registering_cannot_be_used_to_guess_either(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    await make_person(tx)
    body = {"email": EMAIL, "password": "wrong"}
    path = "/auth/user/emailpass/register"
    await fail(client)
    await leave(tx, 1)

    answers = [(await client.post(path, json=body)).status_code for _ in range(2)]

    assert answers == [401, 429]
    assert (await log_in(client)).status_code == 429


async def test_what_was_typed_as_email_is_not_kept(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    await fail(client, email="perhaps my password")

    keys = [row["key"] for row in await tx.fetch("SELECT key FROM login_attempt ORDER BY key")]

    assert [key.split(":")[0] for key in keys] == ["address", "email", "email"]
    assert not any("password" in key for key in keys)


async def test_old_counts_are_taken_away(client: httpx.AsyncClient, tx: Transaction) -> None:
    await fail(client, email="first@shop.test")
    await tx.execute("UPDATE login_attempt SET window_ends_at = now() - interval '1 second'")

    await fail(client, email="second@shop.test")

    assert await tx.fetchval("SELECT count(*) FROM login_attempt") == 3


@pytest.mark.commits
async def test_parallel_guesses_get_no_more_tries_than_guesses_in_a_row(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    await make_person(tx)

    answers = await asyncio.gather(
        *(log_in(client, EMAIL, "wrong") for _ in range(settings.login_attempts + 15))
    )

    codes = [answer.status_code for answer in answers]
    assert codes.count(401) == settings.login_attempts
    assert codes.count(429) == 15


@pytest.mark.usefixtures("real_hashes")
async def test_an_attempt_that_finds_no_place_is_not_counted(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_person(tx)
    monkeypatch.setattr(passwords, "_places", BoundedSemaphore(1))
    busy = asyncio.ensure_future(passwords.password_matches(None, "x"))
    await asyncio.sleep(0)
    monkeypatch.setattr("merx.api.auth.login.turn_away_when_busy", lambda: None)

    answer = await log_in(client)

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    await busy
    remaining = {row["remaining"] for row in await tx.fetch("SELECT remaining FROM login_attempt")}
    assert remaining == {settings.login_attempts, settings.login_attempts_per_address}
