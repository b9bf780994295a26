"""Users and their credentials, for tests of authentication."""

from dataclasses import dataclass
from typing import Any

import httpx
import jwt
from argon2 import PasswordHasher

from merx.core.database import Transaction
from merx.modules.auth.identities import Identity, NewIdentity, create_identities
from merx.modules.auth.tokens import issue_token
from merx.modules.user.service import create_users
from merx.settings import Settings

PASSWORD = "correct horse battery staple"
UNAUTHORIZED = {"message": "Unauthorized"}

# Weak on purpose, because tests log in often. Logging in upgrades it, which has its own test.
WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True)
class Person:
    """A user who can log in."""

    user_id: str
    email: str
    identity: Identity

    def token(self, settings: Settings, *, actor_type: str = "user", lifetime: int = 60) -> str:
        return issue_token(self.identity, actor_type, secret=settings.jwt_secret, lifetime=lifetime)

    def bearer(self, settings: Settings) -> dict[str, str]:
        return bearer(self.token(settings))


async def make_person(
    tx: Transaction, email: str = "ada@shop.test", *, metadata: dict[str, Any] | None = None
) -> Person:
    """A user with an e-mail and the default password."""
    user_id, *_ = await create_users(tx, [{"email": email}])
    actors = {"user_id": user_id, **(metadata or {})}
    identity, *_ = await create_identities(tx, [NewIdentity(email, WEAK.hash(PASSWORD), actors)])
    return Person(user_id, email, identity)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def claims(token: str) -> dict[str, Any]:
    """The claims of a token, not verified."""
    return jwt.decode(token, options={"verify_signature": False})


async def log_in(
    client: httpx.AsyncClient, email: str = "ada@shop.test", password: str = PASSWORD
) -> httpx.Response:
    return await client.post("/auth/user/emailpass", json={"email": email, "password": password})


async def start_session(client: httpx.AsyncClient, person: Person, settings: Settings) -> str:
    """Give the client a session cookie; its value."""
    answer = await client.post("/auth/session", headers=person.bearer(settings))
    assert answer.status_code == 200
    return answer.cookies["connect.sid"]
