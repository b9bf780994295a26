"""Requests every route of the app, documented or not, without sufficient credentials."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from merx.core.database import Transaction
from merx.settings import Settings
from tests.api_document import written
from tests.factories.customers import make_buyer
from tests.factories.keys import basic, make_key, storefront
from tests.factories.people import UNAUTHORIZED, make_person

# Public on purpose. A new public route must be added here.
OPEN = {
    "GET /health",
    "GET /ready",
    "GET /admin/feature-flags",
    "GET /auth/{actor_type}/providers",
    "POST /auth/{actor_type}/{auth_provider}/reset-password",
    # The provider authenticates by its signature.
    "POST /hooks/payment/{provider}",
}
# Open to any actor that is logged in.
OF_ANY_TOKEN = {
    "POST /auth/session",
    "POST /auth/token/refresh",
    "GET /auth/mfa/factors",
    "DELETE /auth/mfa/factors/{id}",
}
Callers = dict[str, dict[str, str]]


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of each route, including those that are not documented."""
    for path, methods in written()["paths"].items():
        yield from ((method.upper(), path) for method in methods)
    for route in app.routes:
        if isinstance(route, APIRoute) and not route.include_in_schema:
            yield from ((method, route.path) for method in sorted(route.methods - {"OPTIONS"}))
    for path in ("/admin/views/products/columns", "/admin/users/me/roles", "/admin/nothing"):
        yield from ((method, path) for method in ("GET", "POST", "DELETE"))


@pytest.fixture
async def callers(tx: Transaction, settings: Settings) -> Callers:
    """Credentials that are valid neither for the admin API nor for the store API."""
    ada = await make_person(tx)
    customer = ada.token(settings, actor_type="customer")
    revoked_secret, revoked_publishable = [
        await make_key(tx, kind) for kind in ("secret", "publishable")
    ]
    revoked = [revoked_secret[0], revoked_publishable[0]]
    await tx.execute("UPDATE api_key SET revoked_at = now() WHERE id = ANY($1::text[])", revoked)
    return {
        "nobody": {},
        "a customer": {"authorization": f"Bearer {customer}"},
        "a revoked key": basic(revoked_secret[1]),
        "a revoked publishable key": storefront(revoked_publishable[1]),
        "a revoked publishable key as Basic": basic(revoked_publishable[1]),
    }


async def test_no_route_lets_in_who_may_not_enter(
    app: FastAPI, client: httpx.AsyncClient, callers: Callers
) -> None:
    let_in: list[tuple[str, str, str, int]] = []
    found = sorted(set(routes(app)))

    for method, path in found:
        if f"{method} {path}" in OPEN or path in ("/docs", "/openapi.json"):
            continue
        for caller, headers in callers.items():
            if caller == "a customer" and f"{method} {path}" in OF_ANY_TOKEN:
                continue
            answer = await client.request(method, path, headers=headers)
            if not _is_refused(path, method, answer):
                let_in.append((caller, method, path, answer.status_code))

    assert len(found) > 100
    assert let_in == []


async def test_a_storefront_and_its_customer_open_nothing_of_the_admin(
    app: FastAPI, client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    _, key = await make_key(tx)
    customer = (await make_buyer(tx)).headers(settings)

    for method, path in sorted(set(routes(app))):
        if path.startswith("/admin") and f"{method} {path}" not in OPEN:
            for headers in (storefront(key), basic(key), customer):
                answer = await client.request(method, path, headers=headers)
                assert _is_refused(path, method, answer), (method, path)


def _is_refused(path: str, method: str, answer: httpx.Response) -> bool:
    if path.startswith("/admin"):
        is_told = method == "HEAD" or answer.json() == UNAUTHORIZED
        return answer.status_code == 401 and is_told
    if path.startswith("/store"):
        is_told = method == "HEAD" or answer.json()["type"] == "not_allowed"
        return answer.status_code == 400 and is_told
    # Routes below /auth need credentials.
    return answer.status_code in (400, 401)
