"""Second factors come and go, and what seals their secrets."""

import time

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.modules.auth.second_factors import reset_second_factors
from merx.settings import Settings
from tests.answers import good
from tests.factories.people import UNAUTHORIZED, Person, bearer, log_in, make_person
from tests.factories.second_factors import (
    KEY,
    Factor,
    HalfLogIn,
    answer_challenge,
    log_in_half,
    make_factor,
    make_recovery_codes,
)

from .conftest import choose, told

CODE_OWED = (401, {"message": "MFA verification is required to complete this request"})
WRONG = (400, {"type": "not_allowed", "message": "Invalid MFA challenge code"})


async def test_the_secret_is_told_once(client: httpx.AsyncClient, factor: Factor) -> None:
    listed = await client.get("/auth/mfa/factors", headers=factor.headers)

    assert factor.secret not in listed.text
    assert "secret" not in listed.text


async def test_the_token_of_a_deleted_user_sets_nothing_up(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    eve = await make_person(tx, "eve@shop.test", metadata={"customer_id": "cus_eve"})
    await client.delete(f"/admin/users/{eve.user_id}", headers=ada.bearer(settings))

    answer = await client.get("/auth/mfa/factors", headers=eve.bearer(settings))
    as_customer = bearer(eve.token(settings, actor_type="customer"))

    assert told(answer) == (401, {"message": "Unauthorized"})
    assert good(await client.get("/auth/mfa/factors", headers=as_customer)) == {"mfa_factors": []}


async def test_a_disabled_factor_is_asked_for_no_more(
    client: httpx.AsyncClient, tx: Transaction, factor: Factor
) -> None:
    answer = await disable(client, factor, factor.headers, factor.code())

    assert good(answer)["mfa_factor"]["status"] == "disabled"
    assert list(good(await log_in(client))) == ["token"]
    assert await tx.fetchval("SELECT secret FROM auth_mfa_factor") == ""


async def test_a_challenge_outlives_its_factor_to_no_avail(
    client: httpx.AsyncClient, factor: Factor, half: HalfLogIn
) -> None:
    good(await disable(client, factor, factor.headers, factor.code()))

    assert told(await answer_challenge(client, half, factor.code())) == WRONG


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param({}, "MFA verification code is required to disable MFA", id="nothing"),
        pytest.param(
            {"method": "totp"}, "MFA verification code is required to disable MFA", id="no code"
        ),
        pytest.param(
            {"method": "totp", "code": "000000"}, "Invalid MFA verification code", id="wrong"
        ),
        pytest.param(
            {"method": "recovery_code", "code": "x"}, "Invalid MFA verification code", id="recovery"
        ),
        pytest.param(
            {"method": "sms", "code": "x"}, 'MFA method "sms" is not available', id="unknown"
        ),
    ],
)
async def test_a_shop_can_ask_for_a_code_to_disable(
    client: httpx.AsyncClient,
    chosen: FastAPI,
    factor: Factor,
    body: dict[str, str],
    message: str,
) -> None:
    choose(chosen, mfa_disable_policy="challenge")
    path = f"/auth/mfa/factors/{factor.id}"

    refused = await client.request("DELETE", path, json=body, headers=factor.headers)

    assert (refused.status_code, refused.json()["message"]) == (400, message)
    right = {"method": "totp", "code": factor.code()}
    done = await client.request("DELETE", path, json=right, headers=factor.headers)
    assert good(done)["mfa_factor"]["status"] == "disabled"


async def test_without_a_key_nothing_is_set_up_and_nothing_let_through(
    client: httpx.AsyncClient, chosen: FastAPI, settings: Settings, tx: Transaction, factor: Factor
) -> None:
    eve = await make_person(tx, "eve@shop.test")
    recovery, *_ = await make_recovery_codes(client, factor.headers)
    missing = {
        "type": "invalid_data",
        "message": "MFA encryption key is required to use MFA methods",
    }
    choose(chosen, mfa_encryption_key="")

    begun = await client.post(
        "/auth/mfa/factors", json={"provider": "totp"}, headers=eve.bearer(settings)
    )
    half = await log_in_half(client)
    answered = await answer_challenge(client, half, factor.code())

    assert told(begun) == (400, missing)
    assert told(answered) == (400, missing)
    good(await answer_challenge(client, half, recovery, method="recovery_code"))


async def test_a_new_key_in_front_of_the_old_one_opens_what_that_sealed(
    client: httpx.AsyncClient, chosen: FastAPI, factor: Factor
) -> None:
    choose(chosen, mfa_encryption_key=f"another key that is long enough too,{KEY}")

    good(await answer_challenge(client, await log_in_half(client), factor.code()))


async def test_another_key_is_told_of_and_lets_nobody_through(
    client: httpx.AsyncClient, chosen: FastAPI, factor: Factor
) -> None:
    choose(chosen, mfa_encryption_key="another key that is long enough too")

    answer = await answer_challenge(client, await log_in_half(client), factor.code())

    message = "The secret of this MFA factor cannot be read with the encryption key"
    assert told(answer) == (400, {"type": "not_allowed", "message": message})


async def test_the_operator_helps_who_lost_everything(
    client: httpx.AsyncClient, tx: Transaction, ada: Person, factor: Factor, settings: Settings
) -> None:
    eve = await make_person(tx, "eve@shop.test")
    of_eve = await make_factor(client, eve.bearer(settings))
    codes_of_eve = await make_recovery_codes(client, of_eve.headers)
    recovery, *_ = await make_recovery_codes(client, factor.headers)
    half = await log_in_half(client)

    assert await reset_second_factors(tx, email=ada.email) == 1

    # The codes of somebody else stay.
    left = await tx.fetchval("SELECT count(*) FROM auth_mfa_recovery_code")
    assert left == len(codes_of_eve)

    assert list(good(await log_in(client))) == ["token"]
    refused = await answer_challenge(client, half, recovery, method="recovery_code")
    assert told(refused) == (401, UNAUTHORIZED)


async def test_a_token_from_before_disables_only_with_a_code(
    client: httpx.AsyncClient, factor: Factor
) -> None:
    without = await disable(client, factor, factor.headers)
    wrong = await disable(client, factor, factor.headers, "000000")

    assert told(without) == (400, _NEEDED)
    assert wrong.json()["message"] == "Invalid MFA verification code"
    assert "mfa_required" in good(await log_in(client))


async def test_who_has_shown_a_code_disables_without_another(
    client: httpx.AsyncClient, factor: Factor, half: HalfLogIn
) -> None:
    whole = good(await answer_challenge(client, half, factor.code()))["token"]

    answer = await disable(client, factor, bearer(whole))

    assert good(answer)["mfa_factor"]["status"] == "disabled"


@pytest.mark.parametrize(("hours", "status"), [(1, 200), (-1, 400)])
async def test_a_session_disables_without_a_code_only_if_it_was_opened_with_one(
    client: httpx.AsyncClient,
    tx: Transaction,
    factor: Factor,
    half: HalfLogIn,
    hours: int,
    status: int,
) -> None:
    whole = good(await answer_challenge(client, half, factor.code()))["token"]
    good(await client.post("/auth/session", headers=bearer(whole)))
    await tx.execute("UPDATE auth_session SET created_at = now() + $1 * interval '1 hour'", hours)

    assert (await disable(client, factor, {})).status_code == status


async def test_a_token_from_afterwards_that_has_shown_no_code_disables_only_with_one(
    client: httpx.AsyncClient, tx: Transaction, factor: Factor
) -> None:
    await tx.execute("UPDATE auth_mfa_factor SET updated_at = now() - interval '1 hour'")

    assert told(await disable(client, factor, factor.headers)) == (400, _NEEDED)


async def test_tokens_older_than_the_one_that_enables_a_factor_end(
    client: httpx.AsyncClient, ada: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr("merx.modules.auth.tokens.time.time", lambda: now - 5)
    older = ada.bearer(settings)
    monkeypatch.setattr("merx.modules.auth.tokens.time.time", lambda: now)

    factor = await make_factor(client, ada.bearer(settings))

    assert (await client.get("/admin/users/me", headers=older)).status_code == 401
    assert (await client.get("/auth/mfa/factors", headers=older)).status_code == 401
    assert (await client.post("/auth/token/refresh", headers=older)).status_code == 401
    assert (await client.get("/admin/users/me", headers=factor.headers)).status_code == 200


_NEEDED = {"type": "invalid_data", "message": "MFA verification code is required to disable MFA"}


async def disable(
    client: httpx.AsyncClient, factor: Factor, headers: dict[str, str], code: str | None = None
) -> httpx.Response:
    body = {} if code is None else {"method": "totp", "code": code}
    path = f"/auth/mfa/factors/{factor.id}"
    return await client.request("DELETE", path, json=body, headers=headers)


async def test_a_large_body_is_refused(client: httpx.AsyncClient, factor: Factor) -> None:
    answer = await client.post(
        "/auth/mfa/factors", json={"provider": "x" * 200_000}, headers=factor.headers
    )

    assert (answer.status_code, answer.json()["type"]) == (413, "payload_too_large")
