"""Bearer tokens: what the shop signed opens it, nothing else does."""

import base64
import hmac
import json
import time
from typing import Any

import httpx
import jwt
import pytest

from merx.core.database import Transaction
from merx.settings import Settings
from tests.factories.people import UNAUTHORIZED, Person, bearer, claims, log_in, make_person


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: dict[str, Any], said: dict[str, Any], secret: str) -> str:
    text = f"{encoded(header)}.{encoded(said)}"
    digest = "sha512" if header["alg"] == "HS512" else "sha256"
    return f"{text}.{encoded(hmac.digest(secret.encode(), text.encode(), digest))}"


async def refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/admin/users/me"), ("POST", "/auth/token/refresh")):
        answer = await client.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED), path
    answer = await client.post("/auth/session", headers=headers)
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
    assert "set-cookie" not in answer.headers


@pytest.fixture
async def ada(tx: Transaction) -> Person:
    return await make_person(tx)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
async def test_the_scheme_may_be_written_in_any_case(
    client: httpx.AsyncClient, settings: Settings, ada: Person, scheme: str
) -> None:
    headers = {"authorization": f"{scheme} {ada.token(settings)}"}

    assert (await client.get("/admin/users/me", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("header", "key"),
    [
        pytest.param({"alg": "HS512", "typ": "JWT"}, None, id="another algorithm of the same key"),
        pytest.param({"alg": "HS256", "typ": "JWT"}, "x" * 40, id="another secret"),
        pytest.param({"alg": "HS256", "typ": "JWT"}, "", id="no secret"),
        pytest.param({"alg": "RS256", "typ": "JWT"}, None, id="RS256 signed with the secret"),
        pytest.param({"alg": "ES256", "typ": "JWT"}, None, id="ES256 signed with the secret"),
        pytest.param({"alg": "HS256", "jwk": {"kty": "oct", "k": "eHg"}}, "xx", id="own key"),
        pytest.param({"alg": "HS256", "kid": "../../dev/null"}, "", id="key id as a path"),
        pytest.param({"alg": "none"}, None, id="none with a signature"),
    ],
)
async def test_a_token_signed_otherwise_is_refused(
    client: httpx.AsyncClient,
    settings: Settings,
    ada: Person,
    header: dict[str, Any],
    key: str | None,
) -> None:
    secret = settings.jwt_secret if key is None else key
    token = signed(header, claims(ada.token(settings)), secret)

    await refused(client, bearer(token))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
async def test_an_unsigned_token_is_refused(
    client: httpx.AsyncClient, settings: Settings, ada: Person, algorithm: str
) -> None:
    said = claims(ada.token(settings))

    unsigned = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(said)}."

    await refused(client, bearer(unsigned))
    await refused(client, bearer(unsigned.removesuffix(".")))


async def test_the_public_key_of_a_service_is_no_secret(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    public = (
        "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJB\n-----END PUBLIC KEY-----"
    )

    token = signed({"alg": "HS256", "typ": "JWT"}, claims(ada.token(settings)), public)

    await refused(client, bearer(token))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"exp": int(time.time()) - 1}, id="expired"),
        pytest.param({"exp": None}, id="without an end"),
        pytest.param({"exp": "never"}, id="end is no number"),
        pytest.param({"exp": -1}, id="negative end"),
        pytest.param({"actor_id": None}, id="without an actor"),
        pytest.param({"actor_id": ["user_1"]}, id="actor is no text"),
        pytest.param({"actor_type": None}, id="without an actor type"),
        pytest.param({"auth_identity_id": {"$ne": ""}}, id="identity is no text"),
        pytest.param({"nbf": int(time.time()) + 600}, id="not yet valid"),
    ],
)
async def test_a_token_of_ours_with_other_claims_is_refused(
    client: httpx.AsyncClient, settings: Settings, ada: Person, change: dict[str, Any]
) -> None:
    said = {**claims(ada.token(settings)), **change}
    said = {name: value for name, value in said.items() if value is not None or name not in change}

    token = jwt.encode(said, settings.jwt_secret, algorithm="HS256")

    await refused(client, bearer(token))


@pytest.mark.parametrize("actor_type", ["customer", "api-key", "nope", "User", ""])
async def test_a_token_of_another_actor_type_does_not_open_the_admin(
    client: httpx.AsyncClient, settings: Settings, ada: Person, actor_type: str
) -> None:
    said = {**claims(ada.token(settings)), "actor_type": actor_type}
    token = jwt.encode(said, settings.jwt_secret, algorithm="HS256")

    answer = await client.get("/admin/users/me", headers=bearer(token))

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


async def test_a_tampered_token_is_refused(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    header, said, signature = ada.token(settings).split(".")
    other = encoded({**claims(ada.token(settings)), "actor_id": "user_other"})
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]

    for token in (
        f"{header}.{other}.{signature}",
        f"{header}.{said}.{flipped}",
        f"{header}.{said}.",
        f"{header}.{said}",
        f".{said}.{signature}",
        f"{header}.{said}.{signature}.{signature}",
    ):
        await refused(client, bearer(token))


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer ", "Bearer null", "Bearer undefined", "Bearer ..", "Bearer a.b.c",
        "Bearer {}", "Token abc", "Negotiate abc", "Digest username=admin", ", Bearer x", "\t",
        f"Bearer {'A' * 8000}", f"Bearer {'.' * 4000}",
    ],
)  # fmt: skip
async def test_garbage_is_refused(client: httpx.AsyncClient, header: str) -> None:
    await refused(client, {"authorization": header})


async def test_the_token_without_its_scheme_is_refused(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    await refused(client, {"authorization": ada.token(settings)})
    await refused(client, {"authorization": f"Token {ada.token(settings)}"})
    await refused(client, {"authorization": f"Basic {ada.token(settings)}"})


@pytest.mark.parametrize("raw", [b"Bearer \xff\xfe", b"Basic \xff", b"\xe4\xf6", b"Basic c2tf\xff"])
async def test_bytes_that_are_no_text_are_refused(client: httpx.AsyncClient, raw: bytes) -> None:
    answer = await client.get("/admin/users/me", headers=[(b"authorization", raw)])

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


async def test_a_clock_that_runs_ahead_is_borne(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    said = {**claims(ada.token(settings)), "iat": int(time.time()) + 30}
    token = jwt.encode(said, settings.jwt_secret, algorithm="HS256")

    assert (await client.get("/admin/users/me", headers=bearer(token))).status_code == 200


async def test_the_token_of_a_deleted_user_is_refused_at_once(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    eve = await make_person(tx, "eve@shop.test")
    assert (await client.get("/admin/users", headers=eve.bearer(settings))).status_code == 200

    await client.delete(f"/admin/users/{eve.user_id}", headers=ada.bearer(settings))

    await refused(client, eve.bearer(settings))
    assert (await log_in(client, eve.email)).status_code == 401
    assert (await client.get("/admin/users", headers=ada.bearer(settings))).status_code == 200


async def test_the_token_of_a_user_who_never_was_is_refused(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    said = {**claims(ada.token(settings)), "actor_id": "user_nobody"}
    token = jwt.encode(said, settings.jwt_secret, algorithm="HS256")

    assert (await client.get("/admin/users", headers=bearer(token))).status_code == 401


async def test_refresh_answers_a_later_token_with_the_same_claims(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    answer = await client.post("/auth/token/refresh", headers=ada.bearer(settings))

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    old, new = claims(ada.token(settings)), claims(answer.json()["token"])
    assert {**old, "iat": 0, "exp": 0} == {**new, "iat": 0, "exp": 0}
    assert new["exp"] - new["iat"] == settings.jwt_expires_in


async def test_refresh_takes_over_who_the_identity_has_become(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    registered = await client.post(
        "/auth/user/emailpass/register", json={"email": "new@shop.test", "password": "a password"}
    )
    nobody = registered.json()["token"]
    await tx.execute(
        "UPDATE auth_identity SET app_metadata = $2 WHERE id = $1",
        claims(nobody)["auth_identity_id"],
        {"user_id": ada.user_id},
    )

    answer = await client.post("/auth/token/refresh", headers=bearer(nobody))

    assert claims(answer.json()["token"])["actor_id"] == ada.user_id


def test_the_forged_signatures_of_these_tests_are_made_right(settings: Settings) -> None:
    said = {"sub": "x"}
    token = signed({"alg": "HS256", "typ": "JWT"}, said, settings.jwt_secret)

    assert jwt.decode(token, settings.jwt_secret, algorithms=["HS256"]) == said
