"""Log-ins in progress at an external provider: each may return once, within minutes.

The state is random and only its hash is stored. Nonce and PKCE verifier are derived from the state
and the shop's secret when needed, so a reader of the database cannot finish anybody's log-in.
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
    """Start a log-in at a provider that returns to `callback_url` as an actor of the type.

    Also deletes some expired requests, so no separate job is needed.
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
    """The authorization of a state, which is consumed; None if there is none for this provider.

    One DELETE: of two concurrent returns with the same state, the second finds nothing.
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
    """43 characters of base64url, the length PKCE requires."""
    made = hmac.digest(secret.encode(), f"authorization:{purpose}:{state}".encode(), "sha256")
    return urlsafe_b64encode(made).decode().rstrip("=")


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).digest()
