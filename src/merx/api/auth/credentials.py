"""The e-mail and password of a request, as JSON or as a form.

Parsed by hand: these routes are open to everybody, so their bodies have much smaller limits than
the admin's, and the reference answers a missing password with 401.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request

from merx.core.errors import TooLarge
from merx.core.shapes import is_dict
from merx.modules.auth.identities import CredentialsRefused
from merx.web.bodies import parse_body
from merx.web.querystring import Query

MAX_BYTES = 100 * 1024

_TEXT = {"type": "string"}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["email", "password"],
                    "properties": {"email": _TEXT, "password": _TEXT},
                }
            }
        },
    }
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials for a log-in or registration."""

    email: str
    password: str = field(repr=False)


async def read_credentials(request: Request) -> Credentials:
    """The request's credentials; CredentialsRefused if one of them is not text."""
    values = await read_values(request)
    email, password = values.get("email"), values.get("password")
    if not isinstance(password, str) or not password:
        raise CredentialsRefused("Password should be a string")
    if not isinstance(email, str) or not email:
        raise CredentialsRefused("Email should be a string")
    return Credentials(email, password)


async def read_values(request: Request) -> Query:
    """The values of a small body in JSON or form encoding; empty for anything else."""
    raw = await _read_limited(request)
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    if content_type != "application/json" or not raw:
        return {}
    value = parse_body(raw)
    return value if is_dict(value) else {}


async def _read_limited(request: Request) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BYTES:
            raise TooLarge(f"Request body is larger than the limit of {MAX_BYTES} bytes")
    return bytes(raw)
