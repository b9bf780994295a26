"""People on the way to a provider and back: each may return once, and within minutes.

The state is random and only its hash is stored. Nonce and PKCE verifier are made of the state and
the shop's secret whenever they are needed: a reader of the database can finish nobody's log-in.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from merx.core.database import Transaction
from merx.providers.auth import AuthorizationRequest

LIFETIME = 10 * 60


async def begin_authorization(
    tx: Transaction, provider: str, actor_type: str, callback_url: str, *, secret: str
) -> AuthorizationRequest:
    """Let somebody leave for a provider, to return to `callback_url` as an actor of the type.

    Takes some expired requests away on the occasion, so that no other job is needed for it.
    """
    await tx.execute(
        "DELETE FROM auth_departure WHERE state_hash IN (SELECT state_hash FROM auth_departure"
        " WHERE expires_at <= now() LIMIT 100 FOR UPDATE SKIP LOCKED)"
    )
    state = secrets.token_urlsafe(32)
    await tx.execute(
        "INSERT INTO auth_departure (state_hash, provider, actor_type, callback_url, expires_at)"
        " VALUES ($1, $2, $3, $4, now() + $5 * interval '1 second')",
        _hash(state),
        provider,
        actor_type,
        callback_url,
        LIFETIME,
    )
    return _authorization(state, callback_url, secret)


async def finish_authorization(
    tx: Transaction, state: str, provider: str, actor_type: str, *, secret: str
) -> AuthorizationRequest | None:
    """The authorization of a state, which is used up; None when there is none to this provider.

    One DELETE: of two who return with the same state, the second finds nothing.
    """
    callback_url = await tx.fetchval(
        "DELETE FROM auth_departure WHERE state_hash = $1 AND provider = $2 AND actor_type = $3"
        " AND expires_at > now() RETURNING callback_url",
        _hash(state),
        provider,
        actor_type,
    )
    return None if callback_url is None else _authorization(state, callback_url, secret)


def _authorization(state: str, callback_url: str, secret: str) -> AuthorizationRequest:
    nonce, verifier = (_derived(secret, purpose, state) for purpose in ("nonce", "verifier"))
    return AuthorizationRequest(state, nonce, verifier, callback_url)


def _derived(secret: str, purpose: str, state: str) -> str:
    """43 letters of base64url, as long as PKCE asks for."""
    made = hmac.digest(secret.encode(), f"authorization:{purpose}:{state}".encode(), "sha256")
    return urlsafe_b64encode(made).decode().rstrip("=")


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).digest()
