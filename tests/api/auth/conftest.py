"""A shop whose people may log in elsewhere: at a provider on this machine, over real HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from merx.app import create_app
from merx.core.database import Database
from merx.providers.auth import AuthProvider
from merx.providers.github import GithubAddresses, GithubProvider
from merx.providers.oauth import Application
from merx.providers.openid import OpenIdProvider
from merx.settings import Settings
from tests.factories.openid_server import (
    CLIENT_ID,
    CLIENT_SECRET,
    OpenIdServer,
    serving,
)
from tests.fixtures import requests_to

CALLBACK = "http://localhost:8000/callback"


class Doorbell:
    """Whose turn it is to answer: each test has a provider of its own at one address."""

    url = ""
    current: OpenIdServer


@pytest.fixture(scope="session")
async def doorbell() -> AsyncIterator[Doorbell]:
    bell = Doorbell()
    async with serving(lambda: bell.current) as bell.url:
        yield bell


@pytest.fixture
def elsewhere(doorbell: Doorbell) -> OpenIdServer:
    """The provider."""
    doorbell.current = OpenIdServer(doorbell.url)
    return doorbell.current


@pytest.fixture(scope="session")
def open_shop(settings: Settings) -> FastAPI:
    chosen = settings.model_copy(
        update={
            "auth_callback_urls": f"{CALLBACK}, https://shop.test/back",
            "user_auth_providers": "emailpass, oidc",
            "user_email_domains": "corp.test",
        }
    )
    app = create_app(chosen)
    app.state.wake_relay = lambda: None
    return app


@pytest.fixture
def provider_app(open_shop: FastAPI, database: Database, elsewhere: OpenIdServer) -> FastAPI:
    """The shop, which has OpenID and GitHub set up."""
    application, url = Application(CLIENT_ID, CLIENT_SECRET), elsewhere.url
    providers: list[AuthProvider] = [
        OpenIdProvider("oidc", "The corporation", url, application),
        OpenIdProvider("google", "Google", url, application, verified_only=True),
        GithubProvider(application, GithubAddresses(url, url)),
    ]
    open_shop.state.auth_providers = {provider.id: provider for provider in providers}
    open_shop.state.database = database
    return open_shop


@pytest.fixture
async def visitor(provider_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Requests of nobody in particular to that shop."""
    async with requests_to(provider_app) as client:
        yield client
