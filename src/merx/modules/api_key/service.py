"""Creates and authenticates API keys.

Keys are 256 random bits, so a fast hash without salt is enough: nothing can be guessed, and the
unique index over the hashes finds a key in one look-up.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import asyncpg

from merx.batch import insert_rows
from merx.core.database import Transaction
from merx.core.errors import NotAllowed
from merx.core.ids import new_id
from merx.core.scrypt import hex_scrypt
from merx.modules.api_key.models import ApiKey

KeyType = Literal["publishable", "secret"]
KEY_TYPES: tuple[KeyType, ...] = ("publishable", "secret")

SECRET_PREFIX = "sk_"
_PREFIXES = {"secret": SECRET_PREFIX, "publishable": "pk_"}


async def create_api_key(
    tx: Transaction, *, title: str, key_type: KeyType, created_by: str = ""
) -> tuple[str, str]:
    """A new key: its id and its token, which for a secret key can be shown only now."""
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


@dataclass(frozen=True, slots=True)
class LiveKey:
    """A valid key. `is_unnoted` if its last use has not been recorded within a minute."""

    id: str
    is_unnoted: bool


# The live key of a token and its sales channels, without deleted and disabled ones.
PUBLISHABLE = """
SELECT a.id, a.last_used_at IS NULL OR a.last_used_at < now() - interval '1 minute' AS is_unnoted,
  ARRAY(SELECT c.id FROM publishable_api_key_sales_channel k
    JOIN sales_channel c ON c.id = k.sales_channel_id
    WHERE k.publishable_key_id = a.id AND c.deleted_at IS NULL AND NOT c.is_disabled
    ORDER BY c.id) AS channels
FROM api_key a WHERE a.token = $1 AND a.type = 'publishable' AND a.deleted_at IS NULL
  AND (a.revoked_at IS NULL OR a.revoked_at > now())"""


async def find_live_key(tx: Transaction, token: str, key_type: KeyType) -> LiveKey | None:
    """The live key with this type and token; a revoked key is invalid from its revocation on."""
    row = await tx.fetchrow(
        "SELECT id, last_used_at IS NULL OR last_used_at < now() - interval '1 minute'"
        " FROM api_key WHERE token = $1 AND type = $2 AND deleted_at IS NULL"
        " AND (revoked_at IS NULL OR revoked_at > now())",
        stored_token(token) if key_type == "secret" else token,
        key_type,
    )
    # Basic credentials can carry a NUL, which PostgreSQL's text does not accept.
    is_text = "\0" not in token
    if row is None and key_type == "secret" and is_text and await _adopt(tx, token):
        return await find_live_key(tx, token, key_type)
    return LiveKey(*row) if row else None


async def find_publishable_key(
    tx: Transaction, token: str
) -> tuple[LiveKey, tuple[str, ...]] | None:
    """The live key of this token and its sales channels, without deleted and disabled ones.

    One statement, since every request of a storefront runs it.
    """
    row = await tx.fetchrow(PUBLISHABLE, token)
    return read_publishable_key(row) if row else None


def read_publishable_key(row: asyncpg.Record) -> tuple[LiveKey, tuple[str, ...]]:
    """A row of `PUBLISHABLE`."""
    key_id, is_unnoted, channels = row
    return LiveKey(key_id, is_unnoted), tuple(channels)


async def _adopt(tx: Transaction, token: str) -> bool:
    """Rehash a secret key that was moved in from another shop, at its first use.

    The slow hash (`scrypt:salt:hash`) is computed only for keys whose redacted form matches.
    """
    rows = await tx.fetch(
        "SELECT id, token FROM api_key WHERE redacted = $1 AND token LIKE 'scrypt:%'"
        " AND type = 'secret' AND deleted_at IS NULL ORDER BY id LIMIT 5",
        redacted(token),
    )
    for row in rows:
        _, salt, known = row["token"].split(":")
        found = await asyncio.to_thread(hex_scrypt, token, salt)
        if hmac.compare_digest(found, known):
            await tx.execute(
                "UPDATE api_key SET token = $2 WHERE id = $1", row["id"], stored_token(token)
            )
            return True
    return False


async def note_use(tx: Transaction, key_id: str) -> None:
    """Record that a key is in use, unless another request just did or is about to."""
    await tx.execute(
        "UPDATE api_key SET last_used_at = now() WHERE id = (SELECT id FROM api_key WHERE id = $1"
        " AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')"
        " FOR NO KEY UPDATE SKIP LOCKED)",
        key_id,
    )


async def revoke_api_key(tx: Transaction, key_id: str, *, by: str, after: timedelta) -> bool:
    """Revoke a key, now or at a later time; False if it does not exist.

    A revoked key stays revoked.
    """
    found = await tx.fetchval(
        "UPDATE api_key SET updated_at = now(),"
        " revoked_by = CASE WHEN revoked_at <= now() THEN revoked_by ELSE $2 END,"
        " revoked_at = CASE WHEN revoked_at <= now() THEN revoked_at"
        " ELSE now() + greatest($3::interval, interval '0') END"
        " WHERE id = $1 AND deleted_at IS NULL RETURNING true",
        key_id,
        by,
        after,
    )
    return bool(found)


async def delete_api_keys(tx: Transaction, key_ids: Sequence[str]) -> list[str]:
    """Soft-delete keys; returns those that existed. Refuses all if any of them is still valid."""
    rows = await tx.fetch(
        "UPDATE api_key SET deleted_at = now(), updated_at = now()"
        " WHERE id = ANY($1::text[]) AND deleted_at IS NULL"
        " RETURNING id, coalesce(revoked_at > now(), true) AS is_live",
        list(key_ids),
    )
    live = [row["id"] for row in rows if row["is_live"]]
    if live:
        raise NotAllowed(f"Cannot delete api keys that are not revoked - {', '.join(live)}")
    return [row["id"] for row in rows]


def stored_token(token: str) -> str:
    """What the table stores of a token: the hash of a secret one, a publishable one as it is."""
    if token.startswith(SECRET_PREFIX):
        return hashlib.sha256(token.encode()).hexdigest()
    return token


def redacted(token: str) -> str:
    """A token as it may be displayed later: `sk_88f***45f`."""
    return f"{token[:6]}***{token[-3:]}"
