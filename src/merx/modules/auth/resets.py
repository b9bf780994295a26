"""Password reset tokens: valid once, for minutes.

A token is signed, so forged ones are refused without a query, and only its hash is stored, so a
reader of the database cannot use it. A new request replaces the previous token.
"""

import hashlib
from datetime import datetime

from merx.core.database import Transaction
from merx.core.signing import read_signed, sign

LIFETIME = 15 * 60
_PURPOSE = "reset"


async def issue_reset_token(
    tx: Transaction,
    entity_id: str,
    provider: str,
    actor_type: str,
    *,
    secret: str,
    asked_at: datetime | None = None,
) -> str | None:
    """A token for the log-in with this name (an e-mail) at the provider; None if there is none.

    A token requested later is kept, since mails may be sent out of order or after an admin has
    handed out a token.
    """
    token = sign(
        {
            "entity_id": entity_id,
            "provider": provider,
            "actor_type": actor_type,
            "purpose": _PURPOSE,
        },
        secret=secret,
        lifetime=LIFETIME,
    )
    stored = await tx.fetchval(
        "INSERT INTO auth_password_reset_token AS present"
        " (provider_identity_id, token_hash, created_at, expires_at)"
        " SELECT p.id, $3, coalesce($5, now()), now() + $4 * interval '1 second'"
        " FROM provider_identity p"
        " JOIN auth_identity i ON i.id = p.auth_identity_id AND i.deleted_at IS NULL"
        " WHERE p.entity_id = $1 AND p.provider = $2 AND p.deleted_at IS NULL"
        " ON CONFLICT (provider_identity_id) DO UPDATE SET token_hash = EXCLUDED.token_hash,"
        " created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at"
        " WHERE present.created_at <= EXCLUDED.created_at RETURNING true",
        entity_id,
        provider,
        _hash(token),
        LIFETIME,
        asked_at,
    )
    return token if stored else None


def is_reset_token(token: str, provider: str, actor_type: str, *, secret: str) -> bool:
    """Whether the token is signed by this shop for the provider and actor type, and unexpired."""
    claims = read_signed(token, "entity_id", "provider", "actor_type", "purpose", secret=secret)
    return claims is not None and (
        (claims["provider"], claims["actor_type"], claims["purpose"])
        == (provider, actor_type, _PURPOSE)
    )


async def take_reset_token(tx: Transaction, token: str) -> str | None:
    """Consume a token; returns its identity, or None if it was used, replaced or has expired.

    One DELETE: of two concurrent uses, the second finds nothing.
    """
    return await tx.fetchval(
        "DELETE FROM auth_password_reset_token r USING provider_identity p, auth_identity i"
        " WHERE r.token_hash = $1 AND r.expires_at > now() AND p.id = r.provider_identity_id"
        " AND p.deleted_at IS NULL AND i.id = p.auth_identity_id AND i.deleted_at IS NULL"
        " RETURNING i.id",
        _hash(token),
    )


async def login_of_user(tx: Transaction, user_id: str, provider: str) -> str | None:
    """The name (an e-mail) that a user logs in with at a provider."""
    return await tx.fetchval(
        "SELECT p.entity_id FROM auth_identity i JOIN provider_identity p"
        " ON p.auth_identity_id = i.id AND p.provider = $2 AND p.deleted_at IS NULL"
        " WHERE i.app_metadata ->> 'user_id' = $1 AND i.deleted_at IS NULL ORDER BY p.id LIMIT 1",
        user_id,
        provider,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
