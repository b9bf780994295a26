"""The server that recordings are replayed against, and the admin that scenarios log in as."""

import httpx
import pytest

from merx.cli.database import run_in_transaction
from merx.workflows.people.user_accounts import create_user
from tests.server import Server

EMAIL = "admin@test.com"
PASSWORD = "supersecret"


@pytest.fixture(scope="session")
def conformance_url(server: Server) -> str:
    run_in_transaction(
        server.database_url, lambda tx: create_user(tx, email=EMAIL, password=PASSWORD)
    )
    return server.url


@pytest.fixture(scope="session")
def conformance_token(conformance_url: str) -> str:
    login = {"email": EMAIL, "password": PASSWORD}
    answer = httpx.post(f"{conformance_url}/auth/user/emailpass", json=login, timeout=30)
    return answer.raise_for_status().json()["token"]
