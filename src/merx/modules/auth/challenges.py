"""Challenges: the step between a correct password and a token, for those with a second factor.

An attempt is taken and committed before the code is checked, so parallel guesses get no more
attempts than sequential ones.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.core.ids import new_id
from merx.modules.auth.factors import CodeRefused, use_code
from merx.modules.auth.recovery_codes import METHOD, take_recovery_code

_COLUMNS = (
    "id, auth_identity_id, auth_provider, methods, attempts, max_attempts, expires_at, completed_at"
)
_TOO_MANY = "MFA challenge has too many failed attempts"
_COMPLETED = "MFA challenge has already been completed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a challenge; `is_last` if a wrong code ends the challenge."""

    challenge_id: str
    identity_id: str
    method: str
    is_last: bool


async def create_challenge(
    tx: Transaction, identity_id: str, provider: str, *, seconds: int, attempts: int
) -> Any:
    """A challenge for the methods the identity has; None if it has no factor any more.

    Also deletes some expired challenges, so no separate job is needed.
    """
    await tx.execute(
        "DELETE FROM auth_mfa_challenge WHERE id IN (SELECT id FROM auth_mfa_challenge"
        " WHERE expires_at <= now() LIMIT 100 FOR UPDATE SKIP LOCKED)"
    )
    return await tx.fetchrow(
        "INSERT INTO auth_mfa_challenge"
        " (id, auth_identity_id, auth_provider, methods, max_attempts, expires_at)"
        " SELECT $1, $2, $3, array_agg(provider ORDER BY provider) || CASE WHEN EXISTS"
        " (SELECT FROM auth_mfa_recovery_code WHERE auth_identity_id = $2)"
        f" THEN ARRAY['{METHOD}'] END,"
        " $4, now() + $5 * interval '1 second' FROM auth_mfa_factor"
        " WHERE auth_identity_id = $2 AND status = 'enabled' HAVING count(*) > 0"
        f" RETURNING {_COLUMNS}",
        new_id("authmfachal"),
        identity_id,
        provider,
        attempts,
        seconds,
    )


async def take_challenge_attempt(
    tx: Transaction, challenge_id: str, identity_id: str, method: str
) -> Attempt:
    """Take one attempt at an identity's challenge, or raise the reason why not."""
    row = await tx.fetchrow(
        "UPDATE auth_mfa_challenge SET attempts = attempts + 1 WHERE id = $1"
        " AND auth_identity_id = $2 AND expires_at > now() AND completed_at IS NULL"
        " AND attempts < max_attempts AND $3 = ANY(methods)"
        " RETURNING attempts >= max_attempts AS is_last",
        challenge_id,
        identity_id,
        method,
    )
    if row is None:
        raise await _reason(tx, challenge_id, identity_id, method)
    return Attempt(challenge_id, identity_id, method, row["is_last"])


async def complete_challenge(
    tx: Transaction, attempt: Attempt, code: str, *, keys: str
) -> datetime:
    """Complete the challenge with a code, which is consumed; returns the time."""
    if not await is_right(tx, attempt.identity_id, attempt.method, code, keys=keys):
        raise CodeRefused(_TOO_MANY if attempt.is_last else "Invalid MFA challenge code")
    completed_at = await tx.fetchval(
        "UPDATE auth_mfa_challenge SET completed_at = now()"
        " WHERE id = $1 AND completed_at IS NULL RETURNING completed_at",
        attempt.challenge_id,
    )
    if completed_at is None:
        raise NotAllowed(_COMPLETED)
    return completed_at


async def is_right(tx: Transaction, identity_id: str, method: str, code: str, *, keys: str) -> bool:
    """Whether the identity may use this code now; consumes it."""
    if method == METHOD:
        return await take_recovery_code(tx, identity_id, code)
    return await use_code(tx, identity_id, code, keys=keys)


async def _reason(
    tx: Transaction, challenge_id: str, identity_id: str, method: str
) -> InvalidData | NotAllowed | NotFound:
    row = await tx.fetchrow(
        "SELECT methods, completed_at FROM auth_mfa_challenge"
        " WHERE id = $1 AND auth_identity_id = $2 AND expires_at > now()",
        challenge_id,
        identity_id,
    )
    if row is None:
        return NotFound(f'MFA challenge with id "{challenge_id}" was not found')
    if row["completed_at"] is not None:
        return NotAllowed(_COMPLETED)
    if method not in row["methods"]:
        return InvalidData(f'MFA challenge does not support method "{method}"')
    return NotAllowed(_TOO_MANY)
