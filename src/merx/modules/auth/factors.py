"""Second factors: started, enabled by a code, used, disabled, but never deleted.

An identity has at most one active factor of a kind. `totp` is the only kind.
"""

from dataclasses import dataclass
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.core.ids import new_id
from merx.core.sealing import seal, unseal
from merx.core.shapes import Json
from merx.modules.auth.one_time_codes import matching_step, new_secret

TOTP = "totp"


class CodeRefused(NotAllowed):
    """A code is wrong or already used: counts as a guess."""


_COLUMNS = "id, auth_identity_id, provider, status, metadata, created_at, updated_at, deleted_at"


@dataclass(frozen=True, slots=True)
class NewFactor:
    """A pending factor and its secret, which is shown only this once."""

    row: Any
    secret: str


async def begin_factor(
    tx: Transaction, identity_id: str, metadata: Json, *, keys: str
) -> NewFactor:
    """A pending factor for an identity without an active one."""
    _require(keys)
    factor_id, secret = new_id("authmfa"), new_secret()
    row = await tx.fetchrow(
        "INSERT INTO auth_mfa_factor (id, auth_identity_id, provider, secret, metadata)"
        f" VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
        factor_id,
        identity_id,
        TOTP,
        seal(secret, owner=factor_id, keys=keys),
        metadata,
    )
    if row is None:
        raise NotAllowed("An active TOTP factor already exists for this auth identity")
    return NewFactor(row, secret)


async def list_factors(tx: Transaction, identity_id: str) -> list[Any]:
    """All factors of an identity, oldest first."""
    return await tx.fetch(
        f"SELECT {_COLUMNS} FROM auth_mfa_factor WHERE auth_identity_id = $1 ORDER BY id",
        identity_id,
    )


async def find_factor(tx: Transaction, identity_id: str, factor_id: str) -> Any:
    """One factor of an identity; NotFound if it does not exist or belongs to another identity."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS}, secret FROM auth_mfa_factor"
        " WHERE id = $1 AND auth_identity_id = $2 FOR UPDATE",
        factor_id,
        identity_id,
    )
    if row is None:
        raise NotFound(f'MFA factor with id "{factor_id}" was not found')
    return row


async def enable_factor(
    tx: Transaction, identity_id: str, factor_id: str, code: str, *, keys: str
) -> Any:
    """Enable a factor, given a code of it; an enabled one stays enabled.

    The code is not consumed, so the owner can log in with it right away.
    """
    factor = await find_factor(tx, identity_id, factor_id)
    if factor["status"] == "disabled":
        raise NotAllowed("Disabled MFA factors cannot be verified")
    if matching_step(_secret(factor, keys), code) is None:
        raise CodeRefused("Invalid TOTP code")
    return await _set_status(tx, factor, "enabled")


async def disable_factor(tx: Transaction, identity_id: str, factor_id: str) -> Any:
    """Disable a factor; repeating it changes nothing."""
    return await _set_status(tx, await find_factor(tx, identity_id, factor_id), "disabled")


async def use_code(tx: Transaction, identity_id: str, code: str, *, keys: str) -> bool:
    """Whether this is an unused code of the identity's enabled factor; consumes it.

    Each time step is accepted once, and none before the last one used. Of two concurrent uses of
    the same code, the row lock lets one through.
    """
    factor = await tx.fetchrow(
        "SELECT id, secret FROM auth_mfa_factor WHERE auth_identity_id = $1 AND provider = $2"
        " AND status = 'enabled'",
        identity_id,
        TOTP,
    )
    if factor is None:
        return False
    step = matching_step(_secret(factor, keys), code)
    if step is None:
        return False
    used = await tx.fetchval(
        "UPDATE auth_mfa_factor SET last_step = $2 WHERE id = $1 AND status = 'enabled'"
        " AND (last_step IS NULL OR last_step < $2) RETURNING true",
        factor["id"],
        step,
    )
    return bool(used)


async def disable_factors_of(tx: Transaction, identity_id: str) -> int:
    """Disable all factors of an identity that lost them; returns how many were active."""
    rows = await tx.fetch(
        "UPDATE auth_mfa_factor SET status = 'disabled', secret = '', updated_at = now()"
        " WHERE auth_identity_id = $1 AND status <> 'disabled' RETURNING id",
        identity_id,
    )
    return len(rows)


async def _set_status(tx: Transaction, factor: Any, status: str) -> Any:
    if factor["status"] == status:
        return factor
    # A disabled factor is never verified again, so its secret is removed.
    return await tx.fetchrow(
        "UPDATE auth_mfa_factor SET status = $2, updated_at = now(),"
        " secret = CASE WHEN $2 = 'disabled' THEN '' ELSE secret END WHERE id = $1"
        f" RETURNING {_COLUMNS}",
        factor["id"],
        status,
    )


def _secret(factor: Any, keys: str) -> str:
    _require(keys)
    secret = unseal(factor["secret"], owner=factor["id"], keys=keys)
    if secret is None:
        raise NotAllowed("The secret of this MFA factor cannot be read with the encryption key")
    return secret


def _require(keys: str) -> None:
    if not keys:
        raise InvalidData("MFA encryption key is required to use MFA methods")
