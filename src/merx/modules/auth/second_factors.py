"""Second factors of an identity: operations that need a code, and recovery of lost ones."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.modules.auth.challenges import is_right
from merx.modules.auth.factors import (
    TOTP,
    CodeRefused,
    disable_factor,
    disable_factors_of,
    enable_factor,
    find_factor,
)
from merx.modules.auth.identities import Identity, end_older_tokens, find_by_email
from merx.modules.auth.recovery_codes import (
    METHOD,
    delete_recovery_codes,
    renew_recovery_codes,
)
from merx.modules.auth.sessions import end_sessions


async def enable_second_factor(
    tx: Transaction, identity_id: str, factor_id: str, code: str, *, keys: str, since: datetime
) -> Any:
    """Enable a factor and end all older tokens and sessions, which would otherwise bypass it.

    The caller's own stays valid, so that it can create recovery codes.
    """
    row = await enable_factor(tx, identity_id, factor_id, code, keys=keys)
    await end_older_tokens(tx, identity_id, since)
    await end_sessions(tx, identity_id, before=since)
    return row


async def disable_by_session(
    tx: Transaction,
    identity_id: str,
    factor_id: str,
    *,
    has_shown_code_since: Callable[[datetime], bool],
) -> Any:
    """Disable a factor for a session that passed it; None if the session predates the factor."""
    factor = await find_factor(tx, identity_id, factor_id)
    if factor["status"] == "enabled" and not has_shown_code_since(factor["updated_at"]):
        return None
    return await disable_factor(tx, identity_id, factor_id)


async def disable_with_code(
    tx: Transaction,
    identity_id: str,
    factor_id: str,
    method: str | None,
    code: str | None,
    *,
    keys: str,
) -> Any:
    """Disable a factor; an enabled one only with a code, which is consumed."""
    factor = await find_factor(tx, identity_id, factor_id)
    if factor["status"] == "enabled":
        if method is None or code is None:
            raise InvalidData("MFA verification code is required to disable MFA")
        if method not in (TOTP, METHOD):
            raise InvalidData(f'MFA method "{method}" is not available')
        if not await is_right(tx, identity_id, method, code, keys=keys):
            raise CodeRefused("Invalid MFA verification code")
    return await disable_factor(tx, identity_id, factor_id)


async def renew_codes(tx: Transaction, identity: Identity, count: int) -> list[str]:
    """New recovery codes, for an identity with a factor that they can replace."""
    if not identity.has_factor:
        raise NotAllowed("Recovery codes require an enabled MFA factor")
    return await renew_recovery_codes(tx, identity.id, count)


async def reset_second_factors(tx: Transaction, *, email: str) -> int:
    """Remove the second factors of a log-in by e-mail; returns how many were active.

    For operators, when somebody lost both device and recovery codes. Ends the sessions.
    """
    found = await find_by_email(tx, email)
    if found is None:
        raise NotFound(f"Nobody logs in with the e-mail {email}")
    identity, _ = found
    ended = await disable_factors_of(tx, identity.id)
    await delete_recovery_codes(tx, [identity.id])
    await end_older_tokens(tx, identity.id, None)
    await end_sessions(tx, identity.id)
    return ended
