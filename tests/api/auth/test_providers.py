"""Log-in at a provider: the whole way there and back, and every way to cheat on it."""

import asyncio
import time

import httpx
import pytest

from merx.core.database import Database, Transaction
from merx.modules.auth.authorizations import begin_authorization, finish_authorization
from merx.settings import Settings
from tests.factories.openid_server import CLIENT_ID, OpenIdServer
from tests.factories.people import claims, log_in, make_person

from .conftest import CALLBACK
from .journeys import come_back, leave, query_of

LOST = {"type": "unauthorized", "message": "No state provided, or session expired"}
INVALID = {"type": "unauthorized", "message": "The ID token of oidc is not valid"}


async def test_the_ways_to_log_in_are_listed_by_actor_type(visitor: httpx.AsyncClient) -> None:
    of_customers = (await visitor.get("/auth/customer/providers")).json()["providers"]
    of_users = (await visitor.get("/auth/user/providers")).json()["providers"]

    assert [way["id"] for way in of_customers] == ["oidc", "google", "github", "emailpass"]
    assert of_users[0] == {
        "id": "oidc",
        "identifier": "oidc",
        "display_name": "The corporation",
        "flow": "redirect",
    }
    assert [way["id"] for way in of_users] == ["oidc", "emailpass"]


async def test_somebody_leaves_with_all_that_binds_them_to_their_return(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer
) -> None:
    location = await leave(visitor)

    said = query_of(location)
    assert location.startswith(f"{elsewhere.url}/authorize?")
    assert said["client_id"] == CLIENT_ID
    assert said["redirect_uri"] == CALLBACK
    assert (said["response_type"], said["scope"]) == ("code", "openid email profile")
    assert said["code_challenge_method"] == "S256"
    assert len(said["state"]) == len(said["nonce"]) == len(said["code_challenge"]) == 43


async def test_who_comes_back_gets_the_token_of_their_identity(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer
) -> None:
    location = await leave(visitor)

    answer = await come_back(visitor, location, elsewhere.visit(location))

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    said = claims(answer.json()["token"])
    assert (said["actor_id"], said["actor_type"]) == ("", "customer")
    assert (said["auth_provider"], said["app_metadata"]) == ("oidc", {})
    assert said["user_metadata"] == {
        "email": "ann@corp.test",
        "name": "Ann Lee",
        "given_name": "Ann",
        "family_name": "Lee",
    }


async def test_who_comes_again_is_the_same_and_their_profile_follows(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer
) -> None:
    first = await leave(visitor)
    before = claims((await come_back(visitor, first, elsewhere.visit(first))).json()["token"])
    elsewhere.person["name"] = "Ann Moor"

    again = await leave(visitor)
    after = claims((await come_back(visitor, again, elsewhere.visit(again))).json()["token"])

    assert after["auth_identity_id"] == before["auth_identity_id"]
    assert after["user_metadata"]["name"] == "Ann Moor"


async def test_code_and_state_may_come_in_a_body_or_a_form(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer
) -> None:
    for kind in ("json", "data"):
        location = await leave(visitor)
        given = {"code": elsewhere.visit(location), "state": query_of(location)["state"]}
        answer = await visitor.post("/auth/customer/oidc/callback", **{kind: given})
        assert answer.status_code == 200, kind


async def test_a_departure_by_get_is_the_same(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer
) -> None:
    answer = await visitor.get(
        "/auth/customer/oidc", params={"callback_url": "https://shop.test/back"}
    )

    location = answer.json()["location"]
    assert query_of(location)["redirect_uri"] == "https://shop.test/back"
    assert (await come_back(visitor, location, elsewhere.visit(location))).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/", f"{CALLBACK}/", f"{CALLBACK}?x=1", f"{CALLBACK}#x",
        "http://localhost:8000@evil.test/callback", "//evil.test", "HTTP://localhost:8000/callback",
        f"{CALLBACK}\r\nx: y", 1, ["https://evil.test/"], {"a": 1},
    ],
)  # fmt: skip
async def test_people_return_only_to_pages_that_are_listed(
    visitor: httpx.AsyncClient, tx: Transaction, url: object
) -> None:
    answer = await visitor.post("/auth/customer/oidc", json={"callback_url": url})

    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_data")
    assert await tx.fetchval("SELECT count(*) FROM auth_departure") == 0


async def test_a_state_is_used_once(visitor: httpx.AsyncClient, elsewhere: OpenIdServer) -> None:
    location = await leave(visitor)
    assert (await come_back(visitor, location, elsewhere.visit(location))).status_code == 200

    again = await come_back(visitor, location, elsewhere.visit(location))

    assert (again.status_code, again.json()) == (401, LOST)


@pytest.mark.commits
async def test_of_two_who_return_with_one_state_one_is_let_in(database: Database) -> None:
    secret = "s" * 32
    async with database.write() as tx:
        state = (await begin_authorization(tx, "oidc", "customer", CALLBACK, secret=secret)).state

    async def end() -> object:
        async with database.write() as tx:
            return await finish_authorization(tx, state, "oidc", "customer", secret=secret)

    ended = await asyncio.gather(*(end() for _ in range(4)))

    assert sum(authorization is not None for authorization in ended) == 1


@pytest.mark.parametrize(
    "path",
    ["/auth/user/oidc/callback", "/auth/customer/google/callback", "/auth/seller/oidc/callback"],
)
async def test_a_state_is_bound_to_provider_and_actor_type(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer, path: str
) -> None:
    location = await leave(visitor)

    answer = await come_back(visitor, location, elsewhere.visit(location), path)

    assert (answer.status_code, answer.json()) == (401, LOST)


async def test_a_state_ends_with_its_time(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer, tx: Transaction
) -> None:
    location = await leave(visitor)
    await tx.execute("UPDATE auth_departure SET expires_at = now()")

    answer = await come_back(visitor, location, elsewhere.visit(location))
    await leave(visitor)

    assert (answer.status_code, answer.json()) == (401, LOST)
    assert await tx.fetchval("SELECT count(*) FROM auth_departure") == 1


@pytest.mark.parametrize("state", ["", "x", "ä", "x\0", "x" * 5000])
async def test_a_made_up_state_is_refused(visitor: httpx.AsyncClient, state: str) -> None:
    answer = await visitor.get("/auth/customer/oidc/callback", params={"code": "x", "state": state})

    assert (answer.status_code, answer.json()) == (401, LOST)


async def test_the_code_of_another_persons_departure_is_refused(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer
) -> None:
    """A code that was stolen or planted: PKCE ties it to the authorization that it belongs to."""
    mine, theirs = await leave(visitor), await leave(visitor)

    answer = await come_back(visitor, mine, elsewhere.visit(theirs))

    assert answer.status_code == 401
    assert answer.json()["message"] == "oidc does not accept the code"


async def test_the_database_can_finish_nobodys_log_in(
    visitor: httpx.AsyncClient, tx: Transaction
) -> None:
    location = await leave(visitor)

    rows = await tx.fetch("SELECT * FROM auth_departure")

    said = query_of(location)
    for secret in ("state", "nonce", "code_challenge"):
        assert said[secret] not in str([dict(row) for row in rows])


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"iss": "https://evil.test"}, id="issuer"),
        pytest.param({"aud": "another shop"}, id="audience"),
        pytest.param({"aud": ["another shop"]}, id="audiences"),
        pytest.param({"azp": "another shop"}, id="authorized party"),
        pytest.param({"nonce": "another"}, id="nonce"),
        pytest.param({"nonce": None}, id="no nonce"),
        pytest.param({"exp": int(time.time()) - 3600}, id="expired"),
        pytest.param({"exp": None}, id="no end"),
        pytest.param({"sub": ""}, id="empty subject"),
        pytest.param({"sub": None}, id="no subject"),
        pytest.param({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, id="another access token"),
        pytest.param({"iss": None}, id="no issuer"),
        pytest.param({"aud": None}, id="no audience"),
    ],
)
async def test_an_id_token_with_wrong_claims_is_refused(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer, tx: Transaction, said: dict[str, object]
) -> None:
    location = await leave(visitor)
    elsewhere.claims = said

    answer = await come_back(visitor, location, elsewhere.visit(location))

    assert (answer.status_code, answer.json()) == (401, INVALID)
    assert await tx.fetchval("SELECT count(*) FROM auth_identity") == 0


@pytest.mark.parametrize("how", ["another key", "the public key as secret", "unsigned"])
async def test_an_id_token_signed_otherwise_is_refused(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer, how: str
) -> None:
    location = await leave(visitor)
    if how == "another key":
        published = elsewhere.key
        elsewhere.change_key()
        elsewhere.signing_key = elsewhere.key
        elsewhere.key, elsewhere.key_id = published, "first"
    elif how == "unsigned":
        elsewhere.algorithm = "none"
    else:
        elsewhere.signing_key, elsewhere.algorithm = "x" * 300, "HS256"

    answer = await come_back(visitor, location, elsewhere.visit(location))

    assert (answer.status_code, answer.json()) == (401, INVALID)


async def test_new_keys_of_the_issuer_are_asked_for(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("merx.providers.openid._PAUSE_SECONDS", 0)
    location = await leave(visitor)
    elsewhere.change_key()

    answer = await come_back(visitor, location, elsewhere.visit(location))

    assert answer.status_code == 200
    assert elsewhere.requests.count("GET /keys") == 2


async def test_what_the_issuer_publishes_is_asked_for_once(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer
) -> None:
    for _ in range(3):
        await leave(visitor)

    assert elsewhere.requests == ["GET /.well-known/openid-configuration", "GET /keys"]


async def test_a_document_of_another_issuer_is_refused(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer
) -> None:
    elsewhere.metadata = {"issuer": "https://evil.test"}

    answer = await visitor.post("/auth/customer/oidc", json={})

    assert answer.status_code == 502
    assert "is of another issuer" in answer.json()["message"]


async def test_a_provider_that_is_away_is_no_fault(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer
) -> None:
    elsewhere.metadata = {"jwks_uri": "http://127.0.0.1:1/keys"}

    answer = await visitor.post("/auth/customer/oidc", json={})

    assert answer.status_code == 502
    assert answer.json()["message"] == "oidc cannot be reached. Try again"


async def test_an_email_that_the_provider_has_not_verified_is_not_taken_over(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer
) -> None:
    for value in (False, None, "yes", 1):
        elsewhere.person["email_verified"] = value
        location = await leave(visitor)
        answer = await come_back(visitor, location, elsewhere.visit(location))
        assert "email" not in claims(answer.json()["token"])["user_metadata"]

    location = (await visitor.post("/auth/customer/google")).json()["location"]
    refused = await come_back(
        visitor, location, elsewhere.visit(location), "/auth/customer/google/callback"
    )
    assert refused.status_code == 401
    assert refused.json()["message"] == "Email not verified, cannot proceed with authentication"


async def test_the_same_email_elsewhere_is_not_the_identity_of_a_password(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer, tx: Transaction
) -> None:
    """Or whoever sets up an account by somebody's e-mail at a provider would be them."""
    ann = await make_person(tx, "ann@corp.test")
    location = await leave(visitor, "user")

    answer = await come_back(
        visitor, location, elsewhere.visit(location), "/auth/user/oidc/callback"
    )

    said = claims(answer.json()["token"])
    assert said["auth_identity_id"] != ann.identity.id
    assert said["actor_id"] == ""


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, "No code provided"),
        ({"code": "x"}, "No state provided, or session expired"),
        (
            {"error": "access_denied", "error_description": "No way"},
            "No way, read more at: undefined",
        ),
        ({"error": "x", "error_description": "y" * 9000}, "y" * 500),
    ],
)
async def test_what_went_wrong_elsewhere_is_told(
    visitor: httpx.AsyncClient, query: dict[str, str], message: str
) -> None:
    answer = await visitor.get("/auth/customer/oidc/callback", params=query)

    assert (answer.status_code, answer.json()["message"]) == (401, message)


async def test_users_may_not_take_a_way_that_is_not_listed(visitor: httpx.AsyncClient) -> None:
    for path in ("google", "google/callback", "google/register"):
        answer = await visitor.post(f"/auth/user/{path}", json={})
        assert answer.status_code == 400
        assert answer.json()["message"] == (
            "The actor type user is not allowed to use the auth provider google"
        )


async def test_nobody_registers_at_a_provider(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/auth/customer/google/register", json={})

    assert answer.status_code == 401
    assert answer.json()["message"] == (
        "Google does not support registration. Use method `authenticate` instead."
    )


async def test_leaving_over_and_over_is_limited(
    visitor: httpx.AsyncClient, provider_app: object, settings: Settings, tx: Transaction
) -> None:
    await leave(visitor)
    await tx.execute("UPDATE login_attempt SET remaining = 0 WHERE key LIKE 'authorization:%'")

    answer = await visitor.post("/auth/customer/oidc", json={})

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    await make_person(tx)
    assert (await log_in(visitor)).status_code == 200
