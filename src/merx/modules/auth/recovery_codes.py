"""Recovery codes: for who has lost the second factor; each works once.

A code has 128 random bits, so a plain hash keeps it: nothing about it can be guessed from that.
"""

import hashlib
import secrets
from collections.abc import Sequence

from merx.core.database import Transaction

METHOD = "recovery_code"
MOST_CODES = 50

_GROUPS = 8


async def renew_recovery_codes(tx: Transaction, identity_id: str, count: int) -> list[str]:
    """New codes in place of all earlier ones; told now and never again."""
    codes = [_new_code() for _ in range(count)]
    # Locked first: of two renewals at once the later one's codes are all that is left.
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
    """Use up a code, written in small or capital letters; of two who use it at once, one can."""
    taken = await tx.fetchval(
        "DELETE FROM auth_mfa_recovery_code WHERE auth_identity_id = $1 AND code_hash = $2"
        " RETURNING true",
        identity_id,
        _hash(code),
    )
    return bool(taken)


async def delete_recovery_codes(tx: Transaction, identity_ids: Sequence[str]) -> None:
    """Let no code of these identities work any more."""
    await tx.execute(
        "DELETE FROM auth_mfa_recovery_code WHERE auth_identity_id = ANY($1::text[])",
        list(identity_ids),
    )


def _new_code() -> str:
    return "-".join(secrets.token_hex(2) for _ in range(_GROUPS))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.strip().lower().encode("utf-8", "surrogatepass")).digest()
