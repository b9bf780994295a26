"""No route below /admin or /store is public because its author forgot to declare a door."""

import httpx
import pytest
from fastapi import FastAPI

from merx.access.admin import ADMIN
from merx.access.customer import CUSTOMER_DOOR, NEWCOMER_DOOR
from merx.access.store import STORE
from merx.app import create_app
from merx.core.database import Database
from merx.extension import Extension
from merx.settings import Settings
from merx.shop import shop
from merx.web.door import OPEN
from merx.web.router import Router

PART = shop(Settings())
# Exceptions, added on purpose.
OPEN_PATHS = ["/feature-flags"]


def test_every_router_of_an_area_has_a_known_door() -> None:
    create_app(Settings())

    assert {router.door for router in PART.admin} == {ADMIN}
    assert {router.door for router in PART.store} <= {STORE, CUSTOMER_DOOR, NEWCOMER_DOOR}
    opened = [router.prefix for router in PART.open_admin if router.door is OPEN]
    assert opened == OPEN_PATHS


def test_an_open_router_must_say_so() -> None:
    forgotten = Extension("test", open_admin=[Router(prefix="/anything")])

    with pytest.raises(ValueError, match="/anything must say who may call it"):
        create_app(Settings(), [forgotten])


@pytest.fixture
def extended(settings: Settings, database: Database) -> FastAPI:
    """An app with two routers that declare no door."""
    admin, store = Router(prefix="/secrets"), Router(prefix="/secrets")
    for router in (admin, store):
        router.add_api_route("", _tell)
    app = create_app(settings, [Extension("test", admin=[admin], store=[store])])
    app.state.database = database
    return app


async def _tell() -> str:
    return "secret"


async def test_a_router_without_a_door_has_that_of_its_area(extended: FastAPI) -> None:
    transport = httpx.ASGITransport(extended)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        admin, store = await client.get("/admin/secrets"), await client.get("/store/secrets")

    assert (admin.status_code, admin.json()) == (401, {"message": "Unauthorized"})
    assert (store.status_code, store.json()["type"]) == (400, "not_allowed")
