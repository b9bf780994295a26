"""Who may call, as types for signatures: `actor: Admin`.

The router of `/admin` has the door `ADMIN`, so each route below it refuses the anonymous caller
without doing anything for it; a route open to everybody has to stand in another router.

What a request costs. A bearer token is proved by its signature, then one look-up by primary key
asks whether its user still exists; a secret key is one look-up by its hash; a session is looked
up by its hash and then its user. That is about 0.2 ms each, and buys that a deleted user, a
revoked key and an ended session are refused by the next request on every worker. A cache in the
process would save it and break that, so there is none. Sessions and tokens of an actor type other
than the route's are refused before any look-up.

A browser sends the session cookie along with requests that other sites make it send. SameSite=Lax
stops most of them; beyond that a request that changes something and is authorised by the cookie
must come from the shop's own origin or a listed one (`Origin`, or `Sec-Fetch-Site` without it). A
bearer token or a key in `Authorization` is never sent by a browser on its own, so needs no check.
"""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import Depends, Request

from merx.access.key_use import note_key_use
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import Forbidden, Unauthorized
from merx.modules.api_key.service import SECRET_PREFIX, find_live_key
from merx.modules.auth.sessions import COOKIE, Session, find_session, from_cookie
from merx.modules.auth.tokens import Claims, issued_at, owes_code, read_token
from merx.modules.user.service import is_live_user
from merx.settings import Settings, allowed_origins
from merx.web.door import Door
from merx.web.transactions import database
from merx.workflows.people.callers import is_user_still

USER = "user"
_KEY_AS_BEARER = (
    "A secret API key was passed as a Bearer token. Secret API keys must be sent using HTTP Basic"
    " authentication instead (Authorization: Basic <secret-api-key>)."
)
_CODE_OWED = "MFA verification is required to complete this request"
ALWAYS = datetime.max.replace(tzinfo=UTC)
_READS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who calls, and how that was proved. A key acts for itself and has no identity."""

    id: str
    type: Literal["user", "customer", "api-key"]
    auth_identity_id: str
    how: Literal["bearer", "session", "api-key"]
    # When the token was given. Sessions need no such moment: they end with the credentials.
    since: datetime = ALWAYS


def settings(request: Request) -> Settings:
    """What the operator decided."""
    return request.app.state.settings


async def _admin(request: Request) -> Actor:
    return getattr(request.state, "actor", None) or await let_in(request)


async def let_in(request: Request) -> Actor:
    """Find out who calls, once for a request; Unauthorized when it is nobody the shop knows."""
    claims = bearer_claims(request, finished=False)
    key, held = _secret_key(request), session_token(request)
    # The connection is taken only for who shows something that may be worth a look-up.
    if claims or key or held:
        async with database(request).read() as tx:
            actor = (
                (await _by_claims(tx, claims) if claims else None)
                or (await _by_key(tx, request, key) if key else None)
                or (await _by_session(tx, request) if held else None)
            )
        if actor is not None:
            acting.set(actor.id)
            request.state.actor = actor
            return actor
    scheme, token = _authorization(request)
    is_key = scheme == "bearer" and token.startswith(SECRET_PREFIX)
    raise Unauthorized(_KEY_AS_BEARER if is_key else "Unauthorized")


async def _bearer(request: Request) -> Claims:
    claims = bearer_claims(request, finished=False)
    if claims is None:
        raise Unauthorized("Unauthorized")
    return claims


Admin = Annotated[Actor, Depends(_admin)]
ADMIN = Door(
    _admin,
    ({"token": []}, {"key": []}, {"session": []}),
    "Nobody, or nobody known, is calling",
)
# The claims of a bearer token, of whatever actor type and even of half a log-in: for a session,
# which then is half one too. Asks no database.
Bearer = Annotated[Claims, Depends(_bearer)]


def bearer_claims(request: Request, *, finished: bool = True) -> Claims | None:
    """The claims of the request's bearer token, of whatever actor type.

    A log-in that still owes the code of its second factor is refused unless `finished` is False.
    """
    scheme, token = _authorization(request)
    if scheme != "bearer" or not token:
        return None
    claims = read_token(token, secret=settings(request).jwt_secret)
    if finished and claims is not None and owes_code(claims):
        raise Unauthorized(_CODE_OWED)
    return claims


def session_token(request: Request) -> str | None:
    """The token of the request's session cookie, when this shop signed it."""
    value = request.cookies.get(COOKIE)
    return from_cookie(value, secret=settings(request).cookie_secret) if value else None


async def read_session(
    tx: Transaction, request: Request, *, finished: bool = True
) -> Session | None:
    """The request's session; Forbidden when another site may have made the browser send it.

    One that still owes the code of a second factor is refused unless `finished` is False.
    """
    token = session_token(request)
    session = await find_session(tx, token) if token else None
    if session is not None:
        refuse_foreign_origin(request)
        if finished and session.is_waiting:
            raise Unauthorized(_CODE_OWED)
    return session


def refuse_foreign_origin(request: Request) -> None:
    """Refuse a changing request that a foreign site may have made a browser send."""
    if request.method in _READS:
        return
    origin = request.headers.get("origin")
    if origin is None:
        foreign = request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    else:
        foreign = not (_is_own(request, origin) or _is_listed(request, origin))
    if foreign:
        raise Forbidden(
            "The session cookie is not accepted from this origin. Allow it with"
            f" MERX_{_area(request).upper()}_CORS, or send a bearer token"
        )


async def _by_claims(tx: Transaction, claims: Claims) -> Actor | None:
    if claims["actor_type"] != USER:
        return None
    if owes_code(claims):
        raise Unauthorized(_CODE_OWED)
    user_id, identity_id = claims["actor_id"], claims["auth_identity_id"]
    if not await is_user_still(tx, user_id, identity_id, issued_at(claims)):
        return None
    return Actor(user_id, USER, identity_id, "bearer", issued_at(claims))


async def _by_key(tx: Transaction, request: Request, token: str) -> Actor | None:
    key = await find_live_key(tx, token, "secret")
    if key is None:
        return None
    note_key_use(request, key)
    return Actor(key.id, "api-key", "", "api-key")


async def _by_session(tx: Transaction, request: Request) -> Actor | None:
    session = await read_session(tx, request, finished=False)
    if session is None or session.actor_type != USER:
        return None
    if session.is_waiting:
        raise Unauthorized(_CODE_OWED)
    if not await is_live_user(tx, session.actor_id):
        return None
    return Actor(session.actor_id, USER, session.auth_identity_id, "session")


def _authorization(request: Request) -> tuple[str, str]:
    """The scheme in small letters and the credential of the `Authorization` header."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    return scheme.lower(), credential.strip()


def _secret_key(request: Request) -> str | None:
    """The key of a Basic credential: as it is or in base64, with or without the closing colon.

    A key followed by a password is none, and neither are an e-mail and a password.
    """
    scheme, credential = _authorization(request)
    if scheme != "basic":
        return None
    if not credential.startswith(SECRET_PREFIX):
        try:
            credential = b64decode(credential, validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            return None
    token = credential.removesuffix(":")
    return token if token.startswith(SECRET_PREFIX) and token.isascii() else None


def _is_own(request: Request, origin: str) -> bool:
    """Whether the page comes from the host that is called; a proxy may have changed the scheme,
    and the host, which it then says."""
    hosts = [request.headers.get("host", "")]
    if settings(request).trust_forwarded_host:
        hosts.append(request.headers.get("x-forwarded-host", "").partition(",")[0].strip())
    try:
        return urlsplit(origin).netloc in filter(None, hosts)
    except ValueError:
        return False


def _area(request: Request) -> Literal["admin", "auth", "store"]:
    """The part of the API that is called, whose origins are listed apart."""
    path = request.url.path
    return "auth" if path.startswith("/auth") else "store" if path.startswith("/store") else "admin"


def _is_listed(request: Request, origin: str) -> bool:
    chosen = settings(request)
    listed = {"auth": chosen.auth_cors, "store": chosen.store_cors, "admin": chosen.admin_cors}
    return any(
        allowed == origin if isinstance(allowed, str) else allowed.search(origin)
        for allowed in _origins(listed[_area(request)])
    )


_origins = lru_cache(maxsize=16)(allowed_origins)
