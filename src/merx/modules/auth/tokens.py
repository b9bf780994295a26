"""Bearer tokens: JWT signed with HS256, with the reference's claims in its order.

The algorithm is fixed and the token's header is ignored, so neither `none` nor key confusion works.
Unlike on the reference, a token without an expiry is refused.
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

# `iat` may be in the future, since clocks differ between machines; it only decides whether the
# token predates the last change of credentials. The expiry is checked on every read, the signature
# of a text only once, since it cannot change.
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

    While a second factor or a verification is outstanding, the token can only be used to complete
    it.
    """
    # The first second that starts after the change, whatever the clock skew: a log-in right after a
    # new password must not be refused, and no older token may look newer.
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
    # PyJWT's types refer to classes of `cryptography`, which HS256 does not need.
    return jwt.encode(  # pyright: ignore[reportUnknownMemberType]
        claims, _key(secret), algorithm=_ALGORITHM
    )


def read_token(token: str, *, secret: str) -> Claims | None:
    """The claims of an unexpired token signed by this shop; None for any other."""
    claims = _signed_claims(token, _key(secret))
    return dict(claims) if claims is not None and claims["exp"] > time.time() else None


def issued_at(claims: Claims) -> datetime:
    """When a token was issued; one that does not say counts as infinitely old."""
    moment = claims.get("iat")
    if not isinstance(moment, int | float) or not 0 <= moment < _FAR_AHEAD:
        moment = 0
    return datetime.fromtimestamp(moment, UTC)


def owes_code(claims: Claims) -> bool:
    """Whether a token was issued after the password alone and still needs the second factor."""
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
    # With an empty key anybody could sign; the shop does not start with one, and this guards too.
    if not secret:
        raise RuntimeError("MERX_JWT_SECRET is not set")
    return secret
