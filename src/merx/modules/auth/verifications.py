"""Verifications: an identity proves that an e-mail address, or the like, is its own.

The code is sent to the address, never to whoever asked. One code per address is open at a time, for
15 minutes, and is found by the hash of its 256 random bits. Anybody may submit it, since a link in
a message may be opened on another device.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed
from merx.core.ids import new_id
from merx.core.shapes import Json

TOKEN = "token"
LIFETIME = 15 * 60

_COLUMNS = (
    "id, auth_identity_id, entity_id, entity_type, code_provider, token_hash, verified_at,"
    " requested_at, metadata, created_at, updated_at, deleted_at"
)


@dataclass(frozen=True, slots=True)
class Requested:
    """A requested verification; `code` is None if it was already confirmed."""

    row: Any
    code: str | None
    is_new: bool


async def request_verification(
    tx: Transaction, identity_id: str, entity_id: str, entity_type: str, metadata: Json
) -> Requested:
    """A code for an address of the identity, replacing an earlier unconfirmed one."""
    code, verification_id = secrets.token_urlsafe(32), new_id("authver")
    # A verified row is not updated and so not returned.
    row = await tx.fetchrow(
        "INSERT INTO auth_verification AS v (id, auth_identity_id, entity_id, entity_type,"
        " code_provider, token_hash, requested_at, metadata)"
        f" VALUES ($1, $2, $3, $4, '{TOKEN}', $5, now(), $6)"
        " ON CONFLICT (auth_identity_id, entity_type, entity_id, code_provider)"
        " WHERE deleted_at IS NULL AND auth_identity_id IS NOT NULL"
        " DO UPDATE SET token_hash = EXCLUDED.token_hash, requested_at = now(), code_at = now(),"
        " updated_at = now()"
        f" WHERE v.verified_at IS NULL RETURNING {_COLUMNS}",
        verification_id,
        identity_id,
        entity_id,
        entity_type,
        _hash(code),
        metadata,
    )
    if row is not None:
        return Requested(row, code, is_new=row["id"] == verification_id)
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM auth_verification WHERE auth_identity_id = $1 AND entity_type = $2"
        f" AND entity_id = $3 AND code_provider = '{TOKEN}' AND deleted_at IS NULL",
        identity_id,
        entity_type,
        entity_id,
    )
    return Requested(row, None, is_new=False)


async def renew_code(tx: Transaction, verification_id: str, *, asked_at: datetime) -> str | None:
    """A new code replacing the previous one, valid from now.

    None if the address has been verified since, or was requested again after `asked_at`: the later
    mail counts.
    """
    code = secrets.token_urlsafe(32)
    renewed = await tx.fetchval(
        "UPDATE auth_verification SET token_hash = $2, code_at = now(), updated_at = now()"
        " WHERE id = $1 AND verified_at IS NULL AND requested_at <= $3 RETURNING true",
        verification_id,
        _hash(code),
        asked_at,
    )
    return code if renewed else None


async def confirm_verification(tx: Transaction, code: str) -> Any:
    """Confirm the address of a code; of two concurrent confirmations, one succeeds."""
    row = await tx.fetchrow(
        "UPDATE auth_verification v SET verified_at = now(), updated_at = now()"
        " FROM auth_identity i WHERE v.token_hash = $1 AND v.verified_at IS NULL"
        " AND v.deleted_at IS NULL AND v.code_at > now() - $2 * interval '1 second'"
        " AND i.id = v.auth_identity_id AND i.deleted_at IS NULL"
        " RETURNING v.entity_id, v.entity_type, v.code_provider, v.verified_at",
        _hash(code),
        LIFETIME,
    )
    if row is None:
        raise NotAllowed("Verification code is invalid or already used")
    return row


async def owed_verification(
    tx: Transaction, identity_id: str, provider: str, entity_types: list[str]
) -> tuple[bool, Any]:
    """Whether a log-in's own name must still be verified, and any pending request; else None.

    Only the name by which the identity logs in counts, not other addresses.
    """
    rows = await tx.fetch(
        "SELECT wanted.entity_type AS wanted, v.* FROM provider_identity p"
        " CROSS JOIN unnest($3::text[]) WITH ORDINALITY AS wanted(entity_type, place)"
        f" LEFT JOIN LATERAL (SELECT {_COLUMNS} FROM auth_verification v"
        " WHERE v.auth_identity_id = p.auth_identity_id AND lower(v.entity_id) = lower(p.entity_id)"
        " AND v.entity_type = wanted.entity_type AND v.deleted_at IS NULL) v ON true"
        " WHERE p.auth_identity_id = $1 AND p.provider = $2 AND p.deleted_at IS NULL"
        " ORDER BY wanted.place",
        identity_id,
        provider,
        entity_types,
    )
    owed = [row for row in rows if row["verified_at"] is None]
    if not owed:
        return False, None
    return True, owed[0] if owed[0]["id"] is not None else None


def check_code_provider(name: str) -> None:
    """Refuse an unknown provider of codes."""
    if name != TOKEN:
        raise InvalidData(f'Verification provider "{name}" is not available')


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
