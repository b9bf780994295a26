"""Second factors of an identity: what needs a code, and the way back for who lost everything."""

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
    """Enable a factor, by which tokens and sessions older than the caller's end: whoever holds one
    would otherwise go on without a code. The caller's own goes on, to get recovery codes with."""
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
    """Disable a factor for who has shown a code of it; None for who was let in before it was
    enabled and has shown none."""
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
    """Disable a factor; an enabled one only with a code, which is used up."""
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
    """New recovery codes for who has a factor that they stand in for."""
    if not identity.has_factor:
        raise NotAllowed("Recovery codes require an enabled MFA factor")
    return await renew_recovery_codes(tx, identity.id, count)


async def reset_second_factors(tx: Transaction, *, email: str) -> int:
    """Let who logs in with an e-mail do so by the password alone again; how many factors ended.

    For the operator, when somebody lost the device and the recovery codes. Ends the sessions.
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
