"""Cookie sessions: an opaque random token, signed in the cookie, hashed in the database.

A reader of the database or of a backup cannot take over a session, and a forged cookie is refused
by its signature without a query.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, Signer

from merx.core.database import Transaction
from merx.modules.auth.tokens import Claims, issued_at, owes_code

COOKIE = "connect.sid"


@dataclass(frozen=True, slots=True)
class Session:
    """The actor of a session."""

    actor_id: str
    actor_type: str
    auth_identity_id: str
    auth_provider: str
    is_waiting: bool
    created_at: datetime


def new_session_token() -> str:
    """A random token; never taken from a request, so sessions cannot be fixated."""
    return secrets.token_urlsafe(32)


def to_cookie(token: str, *, secret: str) -> str:
    """The cookie's value: the token and its signature."""
    return _signer(secret).sign(token).decode()


def from_cookie(value: str, *, secret: str) -> str | None:
    """The token of a cookie that this shop signed."""
    try:
        return _signer(secret).unsign(value).decode()
    except BadSignature:
        return None


async def open_session(tx: Transaction, token: str, claims: Claims, *, lifetime: timedelta) -> bool:
    """Store a session for a token's claims; False if the identity is gone or its credentials
    changed.

    Also deletes some expired sessions, so no separate job is needed.
    """
    await tx.execute(
        "DELETE FROM auth_session WHERE token_hash IN (SELECT token_hash FROM auth_session"
        " WHERE expires_at <= now() LIMIT 100 FOR UPDATE SKIP LOCKED)"
    )
    opened = await tx.fetchval(
        "INSERT INTO auth_session"
        " (token_hash, actor_id, actor_type, auth_identity_id, auth_provider, expires_at,"
        " is_waiting)"
        " SELECT $1, $2, $3, id, $5, now() + $6::interval, $7 OR NOT $8 AND EXISTS ("
        "SELECT FROM auth_mfa_factor f WHERE f.auth_identity_id = i.id AND f.status = 'enabled')"
        " FROM auth_identity i WHERE id = $4 AND deleted_at IS NULL"
        " AND (credentials_changed_at IS NULL OR credentials_changed_at < $9)"
        " FOR SHARE RETURNING true",
        _hash(token),
        claims["actor_id"],
        claims["actor_type"],
        claims["auth_identity_id"],
        claims["auth_provider"],
        lifetime,
        owes_code(claims),
        bool(claims.get("mfa_challenge_completed_at")),
        issued_at(claims),
    )
    return bool(opened)


async def find_session(tx: Transaction, token: str) -> Session | None:
    """The session of a token, if it has not ended."""
    row = await tx.fetchrow(
        "SELECT actor_id, actor_type, auth_identity_id, auth_provider, is_waiting, created_at"
        " FROM auth_session WHERE token_hash = $1 AND expires_at > now()",
        _hash(token),
    )
    return Session(*row) if row else None


async def end_session(tx: Transaction, token: str) -> bool:
    """End the session of a token; False if it has already ended."""
    ended = await tx.fetchval(
        "DELETE FROM auth_session WHERE token_hash = $1 RETURNING expires_at > now()", _hash(token)
    )
    return bool(ended)


async def end_sessions(
    tx: Transaction, identity_id: str, *, before: datetime | None = None
) -> None:
    """End the sessions of an identity: all, or those opened before a time."""
    await tx.execute(
        "DELETE FROM auth_session WHERE auth_identity_id = $1"
        " AND ($2::timestamptz IS NULL OR created_at < $2)",
        identity_id,
        before,
    )


def _hash(token: str) -> bytes:
    # A fast hash is enough: the token is random and cannot be guessed.
    return hashlib.sha256(token.encode()).digest()


def _signer(secret: str) -> Signer:
    if not secret:
        raise RuntimeError("MERX_COOKIE_SECRET is not set")
    return Signer(secret, salt=COOKIE, key_derivation="hmac", digest_method=hashlib.sha256)
