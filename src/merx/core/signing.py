"""Signed claims: short-lived tokens that only this shop can have made (JWT, HS256).

Every kind of token is signed with the same secret, so each kind is told from the others by the
claims it must have: who reads one names them, and a token of another kind is none.
"""

import secrets
import time
from typing import Any

import jwt
from jwt.types import Options

_ALGORITHM = "HS256"


def sign(claims: dict[str, Any], *, secret: str, lifetime: int) -> str:
    """A token that carries the claims for `lifetime` seconds; no two are the same."""
    issued_at = int(time.time())
    whole = {
        **claims,
        "iat": issued_at,
        "exp": issued_at + lifetime,
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode(  # pyright: ignore[reportUnknownMemberType]
        whole, _key(secret), algorithm=_ALGORITHM
    )


def read_signed(token: str, *names: str, secret: str) -> dict[str, str] | None:
    """The named claims, all texts, of a token that lasts; None when it is no such token."""
    options: Options = {"require": ["exp", "jti", *names], "verify_iat": False}
    try:
        claims: dict[str, Any] = jwt.decode(  # pyright: ignore[reportUnknownMemberType]
            token, _key(secret), algorithms=[_ALGORITHM], options=options
        )
    except (jwt.PyJWTError, ValueError):
        return None
    found = {name: claims[name] for name in names}
    return found if all(isinstance(value, str) for value in found.values()) else None


def _key(secret: str) -> str:
    # With an empty key everybody could sign; no start of the shop allows it, this line neither.
    if not secret:
        raise RuntimeError("MERX_JWT_SECRET is not set")
    return secret
