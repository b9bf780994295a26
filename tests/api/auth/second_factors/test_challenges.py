"""A log-in that owes the code of a second factor, and what attackers try at it."""

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.modules.auth.resets import issue_reset_token
from merx.settings import Settings
from tests.answers import good
from tests.factories.keys import basic, make_key
from tests.factories.people import (
    PASSWORD,
    UNAUTHORIZED,
    Person,
    bearer,
    claims,
    log_in,
    make_person,
    start_session,
)
from tests.factories.second_factors import (
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


async def test_a_code_completes_the_log_in(
    client: httpx.AsyncClient, ada: Person, factor: Factor, half: HalfLogIn
) -> None:
    answer = await answer_challenge(client, half, factor.code())

    assert answer.headers["cache-control"] == "no-store"
    said = claims(good(answer)["token"])
    assert (said["actor_id"], said["mfa_enabled"]) == (ada.user_id, True)
    assert said["mfa_challenge_completed_at"].endswith("Z")
    me = await client.get("/admin/users/me", headers=bearer(answer.json()["token"]))
    assert me.json()["user"]["id"] == ada.user_id


async def test_a_customer_completes_the_log_in_too(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    eve = await make_person(tx, "eve@shop.test", metadata={"customer_id": "cus_eve"})
    factor = await make_factor(client, bearer(eve.token(settings, actor_type="customer")))

    half = await log_in_half(client, eve.email, "customer")
    answer = await answer_challenge(client, half, factor.code())

    said = claims(good(answer)["token"])
    assert (said["actor_type"], said["actor_id"]) == ("customer", "cus_eve")


async def test_half_a_log_in_is_nobody(client: httpx.AsyncClient, half: HalfLogIn) -> None:
    said = claims(half.token)

    assert (said["actor_id"], said["app_metadata"]) == ("", {})
    assert (said["mfa_enabled"], said["mfa_challenge_completed_at"]) == (True, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/users/me"),
        ("GET", "/admin/products"),
        ("GET", "/auth/mfa/factors"),
        ("POST", "/auth/mfa/factors"),
        ("POST", "/auth/mfa/factors/{factor}/verify"),
        ("DELETE", "/auth/mfa/factors/{factor}"),
        ("POST", "/auth/mfa/recovery-codes"),
        ("POST", "/admin/invites/accept?token=x"),
    ],
)
async def test_half_a_log_in_opens_nothing(
    client: httpx.AsyncClient, factor: Factor, half: HalfLogIn, method: str, path: str
) -> None:
    path = path.format(factor=factor.id)
    body = {"provider": "totp", "code": factor.code()} if method == "POST" else None

    answer = await client.request(method, path, json=body, headers=half.headers)

    assert told(answer) == CODE_OWED


async def test_half_a_log_in_refreshes_to_half_a_log_in(
    client: httpx.AsyncClient, half: HalfLogIn
) -> None:
    answer = await client.post("/auth/token/refresh", headers=half.headers)

    body = good(answer)
    assert (body["mfa_required"], claims(body["token"])["actor_id"]) == (True, "")
    assert body["mfa_challenge"]["id"] != half.challenge["id"]


async def test_a_whole_log_in_is_asked_for_a_code_when_it_is_refreshed(
    client: httpx.AsyncClient, factor: Factor
) -> None:
    answer = await client.post("/auth/token/refresh", headers=factor.headers)

    assert claims(good(answer)["token"])["actor_id"] == ""


async def test_a_session_of_half_a_log_in_can_do_no_more_than_complete_it(
    client: httpx.AsyncClient, factor: Factor, half: HalfLogIn
) -> None:
    good(await client.post("/auth/session", headers=half.headers))

    assert told(await client.get("/admin/users/me")) == CODE_OWED
    assert told(await client.get("/auth/mfa/factors")) == CODE_OWED
    renewed = good(await client.post("/auth/token/refresh"))
    assert claims(renewed["token"])["actor_id"] == ""

    completed = good(await answer_challenge(client, half, factor.code(), headers={}))
    # The session stays what it was; another takes its place.
    assert told(await client.get("/admin/users/me")) == CODE_OWED
    good(await client.post("/auth/session", headers=bearer(completed["token"])))
    assert (await client.get("/admin/users/me")).status_code == 200


async def test_half_a_log_in_of_a_customer_is_nobody_to_the_admin(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    eve = await make_person(tx, "eve@shop.test", metadata={"customer_id": "cus_eve"})
    await make_factor(client, bearer(eve.token(settings, actor_type="customer")))
    half = await log_in_half(client, eve.email, "customer")
    good(await client.post("/auth/session", headers=half.headers))

    assert told(await client.get("/admin/users/me")) == (401, UNAUTHORIZED)


async def test_another_site_sets_nothing_up_by_the_cookie(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    await start_session(client, ada, settings)
    body = {"provider": "totp"}

    for headers in ({"origin": "https://evil.test"}, {"sec-fetch-site": "cross-site"}):
        answer = await client.post("/auth/mfa/factors", json=body, headers=headers)
        assert answer.status_code == 403

    assert (await client.post("/auth/mfa/factors", json=body)).status_code == 200


async def test_a_secret_key_has_no_second_factor(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    _, token = await make_key(tx, "secret")

    answer = await client.get("/auth/mfa/factors", headers=basic(token))

    assert told(answer) == (401, {"message": "Unauthorized"})


async def test_registering_again_is_no_way_around(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    new = {"email": "new@shop.test", "password": PASSWORD}
    first = good(await client.post("/auth/customer/emailpass/register", json=new))
    await make_factor(client, bearer(first["token"]))

    again = good(await client.post("/auth/customer/emailpass/register", json=new))

    assert told(await client.get("/auth/mfa/factors", headers=bearer(again["token"]))) == CODE_OWED


async def test_a_new_password_is_no_way_around(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person, factor: Factor
) -> None:
    token = await issue_reset_token(tx, ada.email, "emailpass", "user", secret=settings.jwt_secret)
    assert token

    answer = await client.post(
        "/auth/user/emailpass/update", json={"password": "another one"}, headers=bearer(token)
    )

    assert good(answer) == {"success": True}
    logged_in = good(await log_in(client, password="another one"))
    assert logged_in["mfa_required"] is True
    assert told(await client.get("/auth/mfa/factors", headers=bearer(token)))[0] == 401


async def test_a_code_lets_in_once(
    client: httpx.AsyncClient, factor: Factor, half: HalfLogIn
) -> None:
    code = factor.code()
    good(await answer_challenge(client, half, code))

    assert told(await answer_challenge(client, await log_in_half(client), code)) == WRONG


async def test_a_code_from_before_the_last_one_lets_nobody_in(
    client: httpx.AsyncClient, tx: Transaction, factor: Factor, half: HalfLogIn
) -> None:
    await tx.execute("UPDATE auth_mfa_factor SET last_step = extract(epoch FROM now()) / 30 + 1")

    assert told(await answer_challenge(client, half, factor.code())) == WRONG


async def test_a_recovery_code_lets_in_once(client: httpx.AsyncClient, factor: Factor) -> None:
    first, second = await make_recovery_codes(client, factor.headers)
    half = await log_in_half(client)
    assert half.challenge["methods"] == ["totp", "recovery_code"]

    good(await answer_challenge(client, half, f" {first.upper()} ", method="recovery_code"))

    again = await log_in_half(client)
    assert told(await answer_challenge(client, again, first, method="recovery_code")) == WRONG
    good(await answer_challenge(client, again, second, method="recovery_code"))
    assert (await log_in_half(client)).challenge["methods"] == ["totp"]


async def test_new_recovery_codes_end_the_old_ones(
    client: httpx.AsyncClient, factor: Factor
) -> None:
    old, *_ = await make_recovery_codes(client, factor.headers)
    new = await make_recovery_codes(client, factor.headers, 50)

    half = await log_in_half(client)

    assert len(set(new)) == 50
    assert told(await answer_challenge(client, half, old, method="recovery_code")) == WRONG


async def test_the_database_holds_neither_secrets_nor_codes(
    client: httpx.AsyncClient, tx: Transaction, factor: Factor
) -> None:
    code, *_ = await make_recovery_codes(client, factor.headers)

    stored = await tx.fetchval("SELECT secret FROM auth_mfa_factor")
    hashes = await tx.fetch("SELECT code_hash FROM auth_mfa_recovery_code")

    assert factor.secret not in stored
    assert len(hashes) == 2
    assert all(code.encode() not in row["code_hash"] for row in hashes)


async def test_a_secret_moved_to_another_factor_is_no_secret(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, factor: Factor
) -> None:
    eve = await make_person(tx, "eve@shop.test")
    hers = await make_factor(client, eve.bearer(settings))
    await tx.execute(
        "UPDATE auth_mfa_factor SET secret = (SELECT secret FROM auth_mfa_factor WHERE id = $1)"
        " WHERE id = $2",
        hers.id,
        factor.id,
    )

    answer = await answer_challenge(client, await log_in_half(client), hers.code())

    assert answer.status_code == 400
    assert "cannot be read with the encryption key" in answer.json()["message"]


async def test_a_challenge_bears_few_wrong_codes(
    client: httpx.AsyncClient, factor: Factor, half: HalfLogIn
) -> None:
    too_many = {"type": "not_allowed", "message": "MFA challenge has too many failed attempts"}

    for _ in range(4):
        assert told(await answer_challenge(client, half, "000000")) == WRONG
    assert told(await answer_challenge(client, half, "000000")) == (400, too_many)

    assert told(await answer_challenge(client, half, factor.code())) == (400, too_many)


async def test_new_challenges_bring_no_more_guesses(
    client: httpx.AsyncClient, tx: Transaction, chosen: FastAPI, factor: Factor
) -> None:
    choose(chosen, mfa_attempts=3)
    await tx.execute("DELETE FROM login_attempt")
    for _ in range(3):
        assert told(await answer_challenge(client, await log_in_half(client), "000000")) == WRONG

    half = await log_in_half(client)
    refused = await answer_challenge(client, half, factor.code())

    assert (refused.status_code, refused.json()["type"]) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) > 0
    elsewhere = f"/auth/mfa/factors/{factor.id}/verify"
    body = {"code": factor.code()}
    assert (await client.post(elsewhere, json=body, headers=factor.headers)).status_code == 429
    recovery, *_ = await make_recovery_codes(client, factor.headers)
    half = await log_in_half(client)
    good(await answer_challenge(client, half, recovery, method="recovery_code"))


async def test_right_codes_are_not_counted(
    client: httpx.AsyncClient, tx: Transaction, chosen: FastAPI, factor: Factor
) -> None:
    choose(chosen, mfa_attempts=1)
    await tx.execute("DELETE FROM login_attempt")

    for _ in range(3):
        await tx.execute("UPDATE auth_mfa_factor SET last_step = NULL")
        good(await answer_challenge(client, await log_in_half(client), factor.code()))


async def test_a_challenge_ends(
    client: httpx.AsyncClient, tx: Transaction, factor: Factor, half: HalfLogIn
) -> None:
    await tx.execute("UPDATE auth_mfa_challenge SET expires_at = now()")

    answer = await answer_challenge(client, half, factor.code())

    message = f'MFA challenge with id "{half.challenge["id"]}" was not found'
    assert told(answer) == (404, {"type": "not_found", "message": message})


async def test_a_challenge_is_answered_by_its_own_identity(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, factor: Factor, half: HalfLogIn
) -> None:
    eve = await make_person(tx, "eve@shop.test")

    as_eve = await answer_challenge(client, half, factor.code(), headers=eve.bearer(settings))
    as_nobody = await answer_challenge(client, half, factor.code(), headers={})

    assert as_eve.status_code == 404
    assert told(as_nobody) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize(
    "code",
    [
        "",
        " ",
        "0" * 5,
        "0" * 7,
        "0" * 50_000,
        "\uff10" * 6,
        "\u0660" * 6,
        "-00001",
        "1e5000",
        "\0" * 6,
    ],
    ids=lambda code: f"{len(code)} of {code[:3]!r}",
)
async def test_what_is_no_code_is_refused(
    client: httpx.AsyncClient, half: HalfLogIn, code: str
) -> None:
    for method in ("totp", "recovery_code"):
        answer = await answer_challenge(client, half, code, method=method)
        assert answer.status_code == 400, method


@pytest.mark.parametrize("id", ["none", "%00", "authmfa_x' OR true --", "x" * 5000])
async def test_ids_of_nothing_are_not_found(
    client: httpx.AsyncClient, factor: Factor, id: str
) -> None:
    body = {"method": "totp", "code": "000000"}
    asked = (
        await client.post(
            f"/auth/mfa/factors/{id}/verify", json={"code": "0"}, headers=factor.headers
        ),
        await client.request("DELETE", f"/auth/mfa/factors/{id}", headers=factor.headers),
        await client.post(f"/auth/mfa/challenges/{id}/verify", json=body, headers=factor.headers),
    )

    assert {answer.status_code for answer in asked} <= {400, 404}


async def test_others_factors_are_not_there(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, factor: Factor
) -> None:
    eve = (await make_person(tx, "eve@shop.test")).bearer(settings)

    listed = await client.get("/auth/mfa/factors", headers=eve)
    deleted = await client.request("DELETE", f"/auth/mfa/factors/{factor.id}", headers=eve)

    assert good(listed) == {"mfa_factors": []}
    assert deleted.status_code == 404
    assert await tx.fetchval("SELECT status FROM auth_mfa_factor") == "enabled"
