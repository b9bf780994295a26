"""Tokens that let somebody who forgot a password set another, once and within minutes.

The token is signed, so that made-up ones are refused without a statement, and its hash is stored,
so that nobody who reads the database can use it. Asking again replaces the one before.
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
    """A token for the log-in of this name (an e-mail) at the provider; None when there is none.

    A token that was asked for later stays: mails may leave in another order than they came, and
    after an admin has handed out a token by hand.
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
    """Whether this shop signed the token for the provider and actor type, and its time runs."""
    claims = read_signed(token, "entity_id", "provider", "actor_type", "purpose", secret=secret)
    return claims is not None and (
        (claims["provider"], claims["actor_type"], claims["purpose"])
        == (provider, actor_type, _PURPOSE)
    )


async def take_reset_token(tx: Transaction, token: str) -> str | None:
    """Use up a token: the identity that it is for; None when it was used, replaced or is over.

    One DELETE: of two who use it at once, the second finds nothing.
    """
    return await tx.fetchval(
        "DELETE FROM auth_password_reset_token r USING provider_identity p, auth_identity i"
        " WHERE r.token_hash = $1 AND r.expires_at > now() AND p.id = r.provider_identity_id"
        " AND p.deleted_at IS NULL AND i.id = p.auth_identity_id AND i.deleted_at IS NULL"
        " RETURNING i.id",
        _hash(token),
    )


async def login_of_user(tx: Transaction, user_id: str, provider: str) -> str | None:
    """The name (an e-mail) by which a user logs in at a provider."""
    return await tx.fetchval(
        "SELECT p.entity_id FROM auth_identity i JOIN provider_identity p"
        " ON p.auth_identity_id = i.id AND p.provider = $2 AND p.deleted_at IS NULL"
        " WHERE i.app_metadata ->> 'user_id' = $1 AND i.deleted_at IS NULL ORDER BY p.id LIMIT 1",
        user_id,
        provider,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
