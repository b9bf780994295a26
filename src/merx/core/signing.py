"""Signed claims: short-lived tokens that only this shop can issue (JWT, HS256).

All kinds of tokens are signed with the same secret, so the claims tell them apart: a reader names
the claims it requires, and a token of another kind is invalid.
"""

import secrets
import time

import jwt
from jwt.types import Options

from merx.core.shapes import Document

_ALGORITHM = "HS256"


def sign(claims: Document, *, secret: str, lifetime: int) -> str:
    """A token that carries the claims for `lifetime` seconds; no two tokens are equal."""
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
    """The named claims, all texts, of an unexpired token; None if the token is invalid."""
    options: Options = {"require": ["exp", "jti", *names], "verify_iat": False}
    try:
        claims: Document = jwt.decode(  # pyright: ignore[reportUnknownMemberType]
            token, _key(secret), algorithms=[_ALGORITHM], options=options
        )
    except (jwt.PyJWTError, ValueError):
        return None
    found = {name: claims[name] for name in names}
    return found if all(isinstance(value, str) for value in found.values()) else None


def _key(secret: str) -> str:
    # With an empty key anybody could sign; the shop does not start with one, and this guards too.
    if not secret:
        raise RuntimeError("MERX_JWT_SECRET is not set")
    return secret
