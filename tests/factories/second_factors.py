"""Second factors, and log-ins that still need their code."""

from dataclasses import dataclass
from typing import Any

import httpx
from pyotp.totp import TOTP

from tests.answers import good
from tests.factories.people import PASSWORD, bearer

KEY = "a key of these tests that is long enough"


@dataclass(frozen=True)
class Factor:
    """An enabled factor, and the earlier log-in."""

    id: str
    secret: str
    headers: dict[str, str]

    def code(self) -> str:
        """The code that the app shows now."""
        return TOTP(self.secret).now()


async def make_factor(client: httpx.AsyncClient, headers: dict[str, str]) -> Factor:
    """An enabled factor of the caller with these headers."""
    begun = good(await client.post("/auth/mfa/factors", json={"provider": "totp"}, headers=headers))
    factor = Factor(begun["mfa_factor"]["id"], begun["secret"], headers)
    path = f"/auth/mfa/factors/{factor.id}/verify"
    good(await client.post(path, json={"code": factor.code()}, headers=headers))
    return factor


async def make_recovery_codes(
    client: httpx.AsyncClient, headers: dict[str, str], count: int = 2
) -> list[str]:
    """New recovery codes of the caller with these headers."""
    answer = await client.post("/auth/mfa/recovery-codes", json={"count": count}, headers=headers)
    return good(answer)["recovery_codes"]


@dataclass(frozen=True)
class HalfLogIn:
    """The response to the correct password of an account with a second factor."""

    challenge: dict[str, Any]
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.token)


async def log_in_half(
    client: httpx.AsyncClient, email: str = "ada@shop.test", actor_type: str = "user"
) -> HalfLogIn:
    """A log-in with only the password."""
    answer = await client.post(
        f"/auth/{actor_type}/emailpass", json={"email": email, "password": PASSWORD}
    )
    body = good(answer)
    assert list(body) == ["mfa_required", "mfa_challenge", "token"]
    assert body["mfa_required"] is True
    return HalfLogIn(body["mfa_challenge"], body["token"])


async def answer_challenge(
    client: httpx.AsyncClient,
    half: HalfLogIn,
    code: str,
    *,
    method: str = "totp",
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """Submit a code for a challenge."""
    return await client.post(
        f"/auth/mfa/challenges/{half.challenge['id']}/verify",
        json={"method": method, "code": code},
        headers=half.headers if headers is None else headers,
    )
