"""API keys are made and recognised here.

Keys are 256 random bits, so a fast hash without salt is enough: there is nothing to guess, and
the unique index over the hashes finds a key by one look-up.
"""

import hashlib
import secrets
from typing import Literal

from merx.batch import insert_rows
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.api_key.models import ApiKey

KeyType = Literal["secret", "publishable"]

SECRET_PREFIX = "sk_"
_PREFIXES = {"secret": SECRET_PREFIX, "publishable": "pk_"}


async def create_api_key(
    tx: Transaction, *, title: str, key_type: KeyType, created_by: str = ""
) -> tuple[str, str]:
    """A new key: its id and its token, which is stored nowhere and can be shown only now."""
    key_id = new_id("apk")
    token = _PREFIXES[key_type] + secrets.token_hex(32)
    row = {
        "id": key_id,
        "token": stored_token(token),
        "redacted": redacted(token),
        "title": title,
        "type": key_type,
        "created_by": created_by,
    }
    await insert_rows(tx, ApiKey.__table__, [row])
    return key_id, token


async def find_secret_key(tx: Transaction, token: str) -> str | None:
    """The id of the live secret key with this token; a revoked one is none, from its time on."""
    return await tx.fetchval(
        "SELECT id FROM api_key WHERE token = $1 AND type = 'secret' AND deleted_at IS NULL"
        " AND (revoked_at IS NULL OR revoked_at > now())",
        stored_token(token),
    )


def stored_token(token: str) -> str:
    """What the table holds of a token: of a secret one its hash, of a publishable one itself."""
    if token.startswith(SECRET_PREFIX):
        return hashlib.sha256(token.encode()).hexdigest()
    return token


def redacted(token: str) -> str:
    """A token as people may see it later: `sk_88f***45f`."""
    return f"{token[:6]}***{token[-3:]}"
