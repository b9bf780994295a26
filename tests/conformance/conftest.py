"""The server that recordings are replayed against, and the admin that scenarios log in as."""

from collections.abc import Iterator

import httpx
import pytest

from merx.cli.database import run_in_transaction
from merx.workflows.people.user_accounts import create_user
from tests.server import Server

from .play import TIMEOUT

EMAIL = "admin@test.com"
PASSWORD = "supersecret"


@pytest.fixture(scope="session")
def conformance_url(server: Server) -> str:
    run_in_transaction(
        server.database_url, lambda tx: create_user(tx, email=EMAIL, password=PASSWORD)
    )
    return server.url


@pytest.fixture(scope="session")
def conformance_client(conformance_url: str) -> Iterator[httpx.Client]:
    """For all scenarios: making a client takes as long as many requests."""
    with httpx.Client(base_url=conformance_url, timeout=TIMEOUT) as client:
        yield client


@pytest.fixture(scope="session")
def conformance_token(conformance_client: httpx.Client) -> str:
    login = {"email": EMAIL, "password": PASSWORD}
    answer = conformance_client.post("/auth/user/emailpass", json=login)
    return answer.raise_for_status().json()["token"]
