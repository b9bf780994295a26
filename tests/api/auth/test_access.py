"""Who is not known is refused before their request is looked at (every route: test_doors.py)."""

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from starlette.types import Message

from merx.core.database import Transaction
from tests.factories.people import UNAUTHORIZED, make_person


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_an_unknown_admin_path_is_refused_like_a_known_one(
    client: httpx.AsyncClient, method: str
) -> None:
    answer = await client.request(method, "/admin/nothing/here")

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


async def test_the_body_is_judged_after_the_caller(client: httpx.AsyncClient) -> None:
    for body in (b"{broken", b'{"unknown": 1}', b"[]"):
        answer = await client.post(
            "/admin/users/user_1", content=body, headers={"content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-for": "127.0.0.1"},
        {"x-original-url": "/health"},
        {"x-rewrite-url": "/health"},
        {"x-http-method-override": "OPTIONS"},
        {"x-user-id": "user_1"},
    ],
)
async def test_no_header_talks_its_way_in(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await client.get("/admin/users", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "path",
    ["/admin//users", "/admin/./users", "//admin/users", "/auth/../admin/users", "/ADMIN/users"],
)
async def test_another_spelling_of_the_path_is_no_way_in(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(httpx.URL(str(client.base_url).rstrip("/") + path))

    assert answer.status_code in (401, 404)
    assert "users" not in answer.json()


async def test_a_request_about_the_server_as_a_whole_is_no_fault(app: FastAPI) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "OPTIONS", "path": "*", "headers": [], "query_string": b""}
    await app({**scope, "raw_path": b"*", "root_path": "", "http_version": "1.1"}, receive, send)

    assert sent[0]["status"] == 404


# Header values as they can arrive: any byte but the ends of a line.
RAW = st.binary(max_size=60).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b""))


@given(scheme=st.sampled_from([b"", b"Bearer ", b"Basic ", b"Basic sk_", b"bearer  "]), raw=RAW)
@effort(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
async def test_no_authorization_header_is_a_fault(
    client: httpx.AsyncClient, scheme: bytes, raw: bytes
) -> None:
    answer = await client.get("/admin/users", headers=[(b"authorization", scheme + raw)])

    assert answer.status_code == 401


@given(raw=RAW)
@effort(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
async def test_no_cookie_is_a_fault(client: httpx.AsyncClient, raw: bytes) -> None:
    answer = await client.get("/admin/users", headers=[(b"cookie", b"connect.sid=" + raw)])

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


@pytest.mark.parametrize(
    "value", ["https://evil.test\r\nSet-Cookie: connect.sid=x", "x\r\n\r\n<script>", "\u0000"]
)
async def test_what_a_caller_sends_does_not_reach_the_headers_of_an_answer(
    client: httpx.AsyncClient, tx: Transaction, value: str
) -> None:
    await make_person(tx)

    answer = await client.post(
        "/auth/user/emailpass", json={"email": value, "password": value, "set-cookie": value}
    )

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert value not in str(answer.headers)
