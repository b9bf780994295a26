"""Who becomes a user by the word of a provider, and who somebody is at GitHub."""

import httpx
import pytest

from merx.core.database import Transaction
from merx.settings import Settings
from tests.factories.openid_server import OpenIdServer
from tests.factories.people import bearer, claims

from .journeys import come_back, leave


async def user_token(client: httpx.AsyncClient, elsewhere: OpenIdServer) -> str:
    location = await leave(client, "user")
    code = elsewhere.visit(location)
    answer = await come_back(client, location, code, "/auth/user/oidc/callback")
    return answer.json()["token"]


async def test_whose_domain_is_trusted_becomes_a_user(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer
) -> None:
    nobody = await user_token(visitor, elsewhere)

    answer = await visitor.post("/auth/oidc/user", headers=bearer(nobody))

    user = answer.json()["user"]
    assert (user["email"], user["first_name"], user["last_name"]) == (
        "ann@corp.test", "Ann", "Lee",
    )  # fmt: skip
    somebody = await user_token(visitor, elsewhere)
    me = await visitor.get("/admin/users/me", headers=bearer(somebody))
    assert me.json()["user"]["id"] == user["id"]
    again = await visitor.post("/auth/oidc/user", headers=bearer(somebody))
    assert again.json() == {
        "type": "invalid_data",
        "message": "The user is already registered and cannot create a new account.",
    }


@pytest.mark.parametrize(
    ("person", "status"),
    [
        pytest.param({"email": "ann@evil.test"}, 403, id="another domain"),
        pytest.param({"email": "ann@evil.corp.test"}, 403, id="a domain below"),
        pytest.param({"email": "ann@corp.test@evil.test"}, 403, id="two signs"),
        pytest.param({"email_verified": False}, 400, id="not verified"),
    ],
)
async def test_others_need_an_invite(
    visitor: httpx.AsyncClient,
    elsewhere: OpenIdServer,
    tx: Transaction,
    person: dict[str, object],
    status: int,
) -> None:
    elsewhere.person |= person
    nobody = await user_token(visitor, elsewhere)

    answer = await visitor.post("/auth/oidc/user", headers=bearer(nobody))

    assert answer.status_code == status
    assert await tx.fetchval('SELECT count(*) FROM "user"') == 0


async def test_only_the_token_of_a_newcomer_makes_a_user(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer, settings: Settings
) -> None:
    location = await leave(visitor)
    customer = (await come_back(visitor, location, elsewhere.visit(location))).json()["token"]

    for headers in ({}, bearer(customer), bearer("x")):
        answer = await visitor.post("/auth/oidc/user", headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


async def test_github_says_who_somebody_is_by_their_number(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer, tx: Transaction
) -> None:
    elsewhere.person = {"id": 42, "login": "ann", "name": "Ann Lee", "email": "shown@evil.test"}
    elsewhere.emails = [
        {"email": "old@corp.test", "primary": False, "verified": True},
        {"email": "ann@corp.test", "primary": True, "verified": True},
    ]
    location = (await visitor.post("/auth/customer/github")).json()["location"]

    answer = await come_back(
        visitor, location, elsewhere.visit(location), "/auth/customer/github/callback"
    )

    assert location.startswith(f"{elsewhere.url}/login/oauth/authorize?")
    assert claims(answer.json()["token"])["user_metadata"] == {
        "email": "ann@corp.test",
        "name": "Ann Lee",
        "login": "ann",
    }
    assert await tx.fetchval("SELECT entity_id FROM provider_identity") == "42"


async def test_an_unverified_email_at_github_is_not_taken_over(
    visitor: httpx.AsyncClient, elsewhere: OpenIdServer
) -> None:
    elsewhere.person = {"id": 42, "login": "ann", "email": "ann@corp.test"}
    elsewhere.emails = [{"email": "ann@corp.test", "primary": True, "verified": False}]
    location = (await visitor.post("/auth/customer/github")).json()["location"]

    answer = await come_back(
        visitor, location, elsewhere.visit(location), "/auth/customer/github/callback"
    )

    assert claims(answer.json()["token"])["user_metadata"] == {"login": "ann"}
