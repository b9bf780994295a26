"""Requests that show one code, or set one thing up, at the same time: one of them succeeds."""

import asyncio
from collections import Counter

import pytest

from tests.factories.people import make_person
from tests.factories.second_factors import (
    KEY,
    answer_challenge,
    log_in_half,
    make_factor,
    make_recovery_codes,
)

pytestmark = pytest.mark.commits

RACERS = 6


@pytest.fixture(autouse=True)
def with_key(app, settings):
    app.state.settings = settings.model_copy(update={"mfa_encryption_key": KEY})
    yield
    app.state.settings = settings


@pytest.fixture
async def headers(tx, settings):
    return (await make_person(tx)).bearer(settings)


async def statuses(requests):
    answers = await asyncio.gather(*requests)
    assert all("message" in answer.json() for answer in answers if answer.status_code != 200)
    return Counter(answer.status_code for answer in answers)


async def test_of_those_who_show_one_code_one_is_let_in(client, headers):
    factor = await make_factor(client, headers)
    halves = [await log_in_half(client) for _ in range(RACERS)]
    code = factor.code()

    seen = await statuses(answer_challenge(client, half, code) for half in halves)

    assert seen == {200: 1, 400: RACERS - 1}


async def test_of_those_who_show_one_recovery_code_one_is_let_in(client, headers):
    await make_factor(client, headers)
    code, *_ = await make_recovery_codes(client, headers)
    halves = [await log_in_half(client) for _ in range(RACERS)]

    seen = await statuses(
        answer_challenge(client, half, code, method="recovery_code") for half in halves
    )

    assert seen == {200: 1, 400: RACERS - 1}


async def test_a_challenge_is_completed_once(client, headers):
    await make_factor(client, headers)
    codes = await make_recovery_codes(client, headers, 4)
    half = await log_in_half(client)

    seen = await statuses(
        answer_challenge(client, half, code, method="recovery_code") for code in codes
    )

    assert seen == {200: 1, 400: 3}
    # What did not complete it was not used up.
    left = await make_left(client)
    assert left == ["totp", "recovery_code"]


async def make_left(client):
    return (await log_in_half(client)).challenge["methods"]


async def test_a_burst_of_guesses_gets_no_more_than_a_row(client, tx, headers):
    factor = await make_factor(client, headers)
    half = await log_in_half(client)

    seen = await statuses(answer_challenge(client, half, "000000") for _ in range(12))

    assert seen == {400: 12}
    assert (
        await tx.fetchval(
            "SELECT attempts FROM auth_mfa_challenge WHERE id = $1", half.challenge["id"]
        )
        == 5
    )
    assert (await answer_challenge(client, half, factor.code())).status_code == 400


async def test_one_of_the_factors_is_begun(client, tx, headers):
    seen = await statuses(
        client.post("/auth/mfa/factors", json={"provider": "totp"}, headers=headers)
        for _ in range(RACERS)
    )

    assert seen == {200: 1, 400: RACERS - 1}
    assert await tx.fetchval("SELECT count(*) FROM auth_mfa_factor") == 1


async def test_of_two_sets_of_recovery_codes_one_is_left(client, tx, headers):
    await make_factor(client, headers)

    await asyncio.gather(*(make_recovery_codes(client, headers, 5) for _ in range(RACERS)))

    assert await tx.fetchval("SELECT count(*) FROM auth_mfa_recovery_code") == 5


async def test_requests_for_one_verification_leave_one_row(client, tx, headers):
    body = {"entity_id": "ada@shop.test", "entity_type": "email"}

    answers = await asyncio.gather(
        *(client.post("/auth/verification/request", json=body, headers=headers) for _ in range(5))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["verification"]["id"] for answer in answers}) == 1
    assert await tx.fetchval("SELECT count(*) FROM auth_verification") == 1
