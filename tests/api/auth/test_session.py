"""Cookie sessions: their flags, their end, and attempts to take them over or abuse them."""

import asyncio
from http.cookies import Morsel, SimpleCookie

import httpx
import jwt
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.modules.auth.sessions import to_cookie
from merx.modules.auth.tokens import read_token
from merx.settings import Settings
from tests.factories.people import UNAUTHORIZED, Person, bearer, claims, make_person, start_session

NAME = "connect.sid"


def set_cookie(answer: httpx.Response) -> Morsel[str]:
    (header,) = answer.headers.get_list("set-cookie")
    return SimpleCookie(header)[NAME]


def holding(cookie: str) -> dict[str, str]:
    return {"cookie": f"{NAME}={cookie}"}


@pytest.fixture
async def ada(tx: Transaction) -> Person:
    return await make_person(tx)


async def test_a_bearer_token_becomes_a_session(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    token = ada.token(settings)

    answer = await client.post("/auth/session", headers=bearer(token))

    assert answer.status_code == 200
    assert answer.json() == {"user": read_token(token, secret=settings.jwt_secret)}
    me = await client.get("/admin/users/me")
    assert me.json()["user"]["id"] == ada.user_id
    assert "set-cookie" not in me.headers


async def test_the_cookie_is_kept_from_scripts_and_other_sites(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    cookie = set_cookie(await client.post("/auth/session", headers=ada.bearer(settings)))

    assert cookie["httponly"] is True
    assert cookie["samesite"] == "lax"
    assert cookie["path"] == "/"
    assert cookie["domain"] == ""
    assert int(cookie["max-age"]) == settings.session_hours * 3600
    assert bool(cookie["secure"]) is settings.cookie_secure


async def test_in_production_the_cookie_goes_over_https_only() -> None:
    secrets = {"jwt_secret": "j" * 32, "cookie_secret": "c" * 32}

    assert Settings(mode="production", **secrets).cookie_secure is True


async def test_the_database_holds_no_session_token(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    cookie = await start_session(client, ada, settings)

    row = await tx.fetchrow("SELECT auth_session::text FROM auth_session")

    assert row is not None
    assert cookie.split(".")[0] not in row[0]
    assert cookie.split(".")[0].encode().hex() not in row[0]


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer garbage"}])
async def test_a_session_needs_a_bearer_token(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.post("/auth/session", headers=headers)

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
    assert "set-cookie" not in answer.headers


async def test_a_session_cannot_be_renewed_by_itself(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    await start_session(client, ada, settings)

    assert (await client.post("/auth/session")).status_code == 401


async def test_a_planted_session_id_is_not_taken_over(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    planted = to_cookie("chosen-by-the-attacker", secret=settings.cookie_secret)

    answer = await client.post(
        "/auth/session", headers={**ada.bearer(settings), **holding(planted)}
    )

    assert answer.cookies[NAME] != planted
    client.cookies.clear()
    assert (await client.get("/admin/users", headers=holding(planted))).status_code == 401


async def test_a_new_login_gets_a_new_id_and_ends_the_session_the_browser_had(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    eve = await make_person(tx, "eve@shop.test")
    planted = await start_session(client, eve, settings)

    fresh = await start_session(client, ada, settings)

    assert fresh != planted
    client.cookies.clear()
    assert (await client.get("/admin/users", headers=holding(planted))).status_code == 401
    me = await client.get("/admin/users/me", headers=holding(fresh))
    assert me.json()["user"]["id"] == ada.user_id


async def test_logging_out_ends_the_session_for_good(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    cookie = await start_session(client, ada, settings)

    answer = await client.delete("/auth/session")

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    taken = set_cookie(answer)
    assert answer.headers["set-cookie"].startswith(f"{NAME}=;")
    assert (taken.value, taken["max-age"], taken["path"]) == ("", "0", "/")
    client.cookies.clear()
    for method, path in (("GET", "/admin/users"), ("POST", "/auth/token/refresh")):
        assert (await client.request(method, path, headers=holding(cookie))).status_code == 401
    assert (await client.delete("/auth/session", headers=holding(cookie))).status_code == 401


async def test_logging_out_needs_the_cookie(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    assert (await client.delete("/auth/session")).status_code == 401
    assert (await client.delete("/auth/session", headers=ada.bearer(settings))).status_code == 401


async def test_logging_out_leaves_other_sessions(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    at_home = await start_session(client, ada, settings)
    client.cookies.clear()
    await start_session(client, ada, settings)

    await client.delete("/auth/session")

    client.cookies.clear()
    assert (await client.get("/admin/users", headers=holding(at_home))).status_code == 200


async def test_an_expired_session_is_refused(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    await start_session(client, ada, settings)
    await tx.execute("UPDATE auth_session SET expires_at = now()")

    assert (await client.get("/admin/users")).status_code == 401
    assert (await client.post("/auth/token/refresh")).status_code == 401
    assert (await client.delete("/auth/session")).status_code == 401


async def test_expired_sessions_are_taken_away(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    await start_session(client, ada, settings)
    await tx.execute("UPDATE auth_session SET expires_at = now()")
    client.cookies.clear()

    await start_session(client, ada, settings)

    assert await tx.fetchval("SELECT count(*) FROM auth_session") == 1


async def test_a_session_refreshes_to_a_bearer_token(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    await start_session(client, ada, settings)

    answer = await client.post("/auth/token/refresh")

    client.cookies.clear()
    me = await client.get("/admin/users/me", headers=bearer(answer.json()["token"]))
    assert me.json()["user"]["id"] == ada.user_id


async def test_a_tampered_cookie_is_refused(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    cookie = await start_session(client, ada, settings)
    client.cookies.clear()
    token, signature = cookie.split(".")
    last = "A" if signature[0] != "A" else "B"

    for forged in (
        token,
        f"{token}.",
        f"{token}.{last}{signature[1:]}",
        f"x{token}.{signature}",
        f"{token}x.{signature}",
        f".{signature}",
        to_cookie(token, secret="another secret"),
        to_cookie("unknown", secret=settings.cookie_secret),
        f"s%3A{token}.{signature}",
        "%00", "a" * 5000, '"quoted"', "é",
    ):  # fmt: skip
        raw = [(b"cookie", f"{NAME}={forged}".encode())]
        answer = await client.get("/admin/users", headers=raw)
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED), forged


async def test_a_good_cookie_beside_a_bad_header_opens(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    await start_session(client, ada, settings)

    answer = await client.get("/admin/users", headers={"authorization": "Bearer garbage"})

    assert answer.status_code == 200


async def test_a_session_of_another_actor_type_does_not_open_the_admin(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    said = {**claims(ada.token(settings)), "actor_type": "customer"}
    token = jwt.encode(said, settings.jwt_secret, algorithm="HS256")

    session = await client.post("/auth/session", headers=bearer(token))

    assert session.status_code == 200
    assert (await client.get("/admin/users")).status_code == 401


async def test_deleting_a_user_ends_their_sessions(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    eve = await make_person(tx, "eve@shop.test")
    await start_session(client, eve, settings)

    await client.delete(f"/admin/users/{eve.user_id}", headers=ada.bearer(settings))

    assert (await client.get("/admin/users")).status_code == 401
    assert await tx.fetchval("SELECT count(*) FROM auth_session") == 0


@pytest.mark.commits
async def test_no_session_outlives_a_user_who_is_deleted_while_it_opens(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, ada: Person
) -> None:
    for number in range(5):
        eve = await make_person(tx, f"eve{number}@shop.test")
        await asyncio.gather(
            client.post("/auth/session", headers=eve.bearer(settings)),
            client.delete(f"/admin/users/{eve.user_id}", headers=ada.bearer(settings)),
            client.post("/auth/session", headers=eve.bearer(settings)),
        )

    assert await tx.fetchval("SELECT count(*) FROM auth_session") == 0


# -- requests that another site makes a browser send

HOST = "http://shop.test"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"origin": "https://evil.test"}, id="another site"),
        pytest.param({"origin": "null"}, id="sandboxed frame"),
        pytest.param({"origin": ""}, id="empty"),
        pytest.param({"origin": "http://shop.test.evil.test"}, id="longer host"),
        pytest.param({"origin": "http://evil-shop.test"}, id="host that ends alike"),
        pytest.param({"origin": "http://shop.test@evil.test"}, id="host as user name"),
        pytest.param({"origin": "http://shop.test:8080"}, id="another port"),
        pytest.param({"origin": "http://localhost:5173.evil.test"}, id="longer listed origin"),
        pytest.param({"origin": "http://[::1"}, id="broken"),
        pytest.param({"sec-fetch-site": "cross-site"}, id="no origin, cross-site"),
        pytest.param({"sec-fetch-site": "same-site"}, id="no origin, sibling domain"),
    ],
)
async def test_a_change_from_a_foreign_origin_is_refused_with_a_cookie(
    client: httpx.AsyncClient, settings: Settings, ada: Person, headers: dict[str, str]
) -> None:
    await start_session(client, ada, settings)
    path = f"{HOST}/admin/users/{ada.user_id}"
    host = {"host": "shop.test", "cookie": f"{NAME}={client.cookies[NAME]}"}

    changed = await client.post(path, json={"first_name": "E"}, headers={**host, **headers})
    form = await client.post(path, data={"first_name": "E"}, headers={**host, **headers})
    deleted = await client.delete(path, headers={**host, **headers})
    out = await client.delete(f"{HOST}/auth/session", headers={**host, **headers})
    refreshed = await client.post(f"{HOST}/auth/token/refresh", headers={**host, **headers})

    for answer in (changed, form, deleted, out, refreshed):
        assert (answer.status_code, answer.json()["type"]) == (403, "forbidden")
    me = await client.get("/admin/users/me")
    assert me.json()["user"]["first_name"] is None


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no browser"),
        pytest.param({"origin": HOST}, id="own"),
        pytest.param({"origin": "https://shop.test"}, id="own behind a proxy that ends TLS"),
        pytest.param({"origin": "http://localhost:5173"}, id="listed"),
        pytest.param({"sec-fetch-site": "same-origin"}, id="own, no origin"),
        pytest.param({"sec-fetch-site": "none"}, id="typed by the user"),
    ],
)
async def test_a_change_from_an_own_or_listed_origin_is_accepted(
    client: httpx.AsyncClient, settings: Settings, ada: Person, headers: dict[str, str]
) -> None:
    cookie = await start_session(client, ada, settings)
    own = {"host": "shop.test", "cookie": f"{NAME}={cookie}"}

    answer = await client.post(
        f"/admin/users/{ada.user_id}", json={"first_name": "Ada"}, headers={**own, **headers}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(("is_trusted", "status"), [(True, 200), (False, 403)])
async def test_the_host_that_a_proxy_says_is_own_when_the_proxy_is_trusted(
    client: httpx.AsyncClient,
    app: FastAPI,
    settings: Settings,
    ada: Person,
    is_trusted: bool,
    status: int,
) -> None:
    cookie = await start_session(client, ada, settings)
    own = app.state.settings
    app.state.settings = own.model_copy(update={"trust_forwarded_host": is_trusted})
    headers = {
        "host": "10.0.0.7:9000",
        "x-forwarded-host": "shop.test, inner.test",
        "cookie": f"{NAME}={cookie}",
        "origin": HOST,
    }
    path = f"/admin/users/{ada.user_id}"

    answer = await client.post(path, json={"first_name": "Ada"}, headers=headers)
    foreign = await client.post(
        path, json={"first_name": "Ada"}, headers={**headers, "origin": "http://inner.test"}
    )

    app.state.settings = own
    assert (answer.status_code, foreign.status_code) == (status, 403)


async def test_reading_from_a_foreign_origin_is_left_to_cors(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    await start_session(client, ada, settings)

    answer = await client.get("/admin/users", headers={"origin": "https://evil.test"})

    assert answer.headers.get("access-control-allow-origin") is None


async def test_a_bearer_token_is_not_bound_to_an_origin(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    await start_session(client, ada, settings)

    answer = await client.post(
        f"/admin/users/{ada.user_id}",
        json={"first_name": "Ada"},
        headers={**ada.bearer(settings), "origin": "https://evil.test"},
    )

    assert answer.status_code == 200
