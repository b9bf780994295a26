"""Somebody with a second factor, and the setting that lets them have one."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.settings import Settings
from tests.factories.people import (
    Person,
    make_person,
)
from tests.factories.second_factors import (
    KEY,
    Factor,
    HalfLogIn,
    log_in_half,
    make_factor,
)


def told(answer: httpx.Response) -> tuple[int, object]:
    return answer.status_code, answer.json()


@pytest.fixture(autouse=True)
def chosen(app: FastAPI, settings: Settings) -> Iterator[FastAPI]:
    """The app with a key for second factors; a test may choose more of its settings."""
    app.state.settings = settings.model_copy(update={"mfa_encryption_key": KEY})
    yield app
    app.state.settings = settings


def choose(app: FastAPI, **update: object) -> None:
    app.state.settings = app.state.settings.model_copy(update=update)


@pytest.fixture
async def ada(tx: Transaction) -> Person:
    return await make_person(tx)


@pytest.fixture
async def factor(client: httpx.AsyncClient, settings: Settings, ada: Person) -> Factor:
    return await make_factor(client, ada.bearer(settings))


@pytest.fixture
async def half(client: httpx.AsyncClient, factor: Factor) -> HalfLogIn:
    return await log_in_half(client)
