"""Bearer tokens: JWT signed with HS256 and the claims of the reference, in its order.

The algorithm is pinned when a token is read: what its header says decides nothing, so neither
`none` nor a key confusion gets in. A token without an end is refused, unlike on the reference.
"""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jwt
from jwt.types import Options

from merx.modules.auth.identities import Identity

_ALGORITHM = "HS256"
_ACTOR = ("actor_id", "actor_type", "auth_identity_id", "auth_provider")

# `iat` may lie ahead: clocks of several machines differ. It decides only what is older than the
# last change of the credentials.
# The end is checked at each reading, the signature of a text once: it never changes.
_DECODE: Options = {"require": ["exp", *_ACTOR], "verify_iat": False, "verify_exp": False}

Claims = dict[str, Any]
_FAR_AHEAD = 2**35


def issue_token(
    identity: Identity,
    actor_type: str,
    *,
    secret: str,
    lifetime: int,
    challenge_completed_at: str | None = None,
    is_verified: bool = True,
) -> str:
    """A token by which the identity acts as an actor of the type for `lifetime` seconds.

    It is nobody's while the identity owes a code of its second factor or a verification: with it
    one can pay what is owed, and nothing else.
    """
    # A second that begins after the change, however the clocks differ: who logs in right after a
    # new password is not refused for it, and no token from before looks like a later one.
    changed_at = identity.credentials_changed_at
    issued_at = max(int(time.time()), int(changed_at.timestamp()) + 1 if changed_at else 0)
    is_complete = is_verified and (challenge_completed_at or not identity.has_factor)
    claims: Claims = {
        "actor_id": identity.actor_id(actor_type) if is_complete else "",
        "actor_type": actor_type,
        "auth_identity_id": identity.id,
        "auth_provider": identity.provider,
        "mfa_enabled": identity.has_factor,
        "mfa_challenge_completed_at": challenge_completed_at,
        "app_metadata": identity.app_metadata if is_complete else {},
        "user_metadata": identity.user_metadata,
        "iat": issued_at,
        "exp": issued_at + lifetime,
    }
    # PyJWT's types name classes of `cryptography`, which HS256 does without.
    return jwt.encode(  # pyright: ignore[reportUnknownMemberType]
        claims, _key(secret), algorithm=_ALGORITHM
    )


def read_token(token: str, *, secret: str) -> Claims | None:
    """The claims of a token that this shop signed and that has not ended; None for all others."""
    claims = _signed_claims(token, _key(secret))
    return dict(claims) if claims is not None and claims["exp"] > time.time() else None


def issued_at(claims: Claims) -> datetime:
    """When a token was given; one that does not say so is as old as can be."""
    moment = claims.get("iat")
    if not isinstance(moment, int | float) or not 0 <= moment < _FAR_AHEAD:
        moment = 0
    return datetime.fromtimestamp(moment, UTC)


def owes_code(claims: Claims) -> bool:
    """Whether a token was given for the password alone to who has a second factor."""
    return bool(claims.get("mfa_enabled")) and not claims.get("mfa_challenge_completed_at")


@lru_cache(maxsize=1000)
def _signed_claims(token: str, key: str) -> Claims | None:
    try:
        claims = jwt.decode(  # pyright: ignore[reportUnknownMemberType]
            token, key, algorithms=[_ALGORITHM], options=_DECODE
        )
    except jwt.PyJWTError:
        return None
    is_whole = all(isinstance(claims[name], str) for name in _ACTOR)
    return claims if is_whole and isinstance(claims["exp"], int | float) else None


def _key(secret: str) -> str:
    # With an empty key everybody could sign; no start of the shop allows it, this line neither.
    if not secret:
        raise RuntimeError("MERX_JWT_SECRET is not set")
    return secret
