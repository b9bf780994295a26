"""Second factors of an identity: what needs a code, and the way back for who lost everything."""

from typing import Any

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.modules.auth.challenges import is_right
from merx.modules.auth.factors import (
    TOTP,
    CodeRefused,
    disable_factor,
    disable_factors_of,
    find_factor,
)
from merx.modules.auth.identities import Identity, find_by_email
from merx.modules.auth.recovery_codes import (
    METHOD,
    delete_recovery_codes,
    renew_recovery_codes,
)
from merx.modules.auth.sessions import end_sessions


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
    await end_sessions(tx, identity.id)
    return ended
