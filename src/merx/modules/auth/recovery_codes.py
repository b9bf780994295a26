"""Recovery codes for a lost second factor; each works once.

A code has 128 random bits, so a plain hash is enough.
"""

import hashlib
import secrets
from collections.abc import Sequence

from merx.core.database import Transaction

METHOD = "recovery_code"
MOST_CODES = 50

_GROUPS = 8


async def renew_recovery_codes(tx: Transaction, identity_id: str, count: int) -> list[str]:
    """Replace all recovery codes; the new ones can be shown only now."""
    codes = [_new_code() for _ in range(count)]
    # Locked first: of two concurrent renewals, only the later one's codes remain.
    await tx.execute("SELECT FROM auth_identity WHERE id = $1 FOR NO KEY UPDATE", identity_id)
    await delete_recovery_codes(tx, [identity_id])
    await tx.execute(
        "INSERT INTO auth_mfa_recovery_code (auth_identity_id, code_hash)"
        " SELECT $1, unnest($2::bytea[])",
        identity_id,
        [_hash(code) for code in codes],
    )
    return codes


async def take_recovery_code(tx: Transaction, identity_id: str, code: str) -> bool:
    """Use up a code, in any case; of two concurrent uses, one succeeds."""
    taken = await tx.fetchval(
        "DELETE FROM auth_mfa_recovery_code WHERE auth_identity_id = $1 AND code_hash = $2"
        " RETURNING true",
        identity_id,
        _hash(code),
    )
    return bool(taken)


async def delete_recovery_codes(tx: Transaction, identity_ids: Sequence[str]) -> None:
    """Invalidate all codes of these identities."""
    await tx.execute(
        "DELETE FROM auth_mfa_recovery_code WHERE auth_identity_id = ANY($1::text[])",
        list(identity_ids),
    )


def _new_code() -> str:
    return "-".join(secrets.token_hex(2) for _ in range(_GROUPS))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.strip().lower().encode("utf-8", "surrogatepass")).digest()
