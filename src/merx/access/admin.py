"""Authentication of admin requests, as types for signatures: `actor: Admin`.

The router of `/admin` has the door `ADMIN`, so every route below it refuses anonymous callers by
default. A route that is open to everybody belongs in another router.

What a request costs: a bearer token is verified by its signature, then one look-up by primary key
checks that its user still exists; a secret key is one look-up by its hash; a session is looked up
by its hash, and then its user. That is about 0.2 ms each, so that a deleted user, a revoked key or
an ended session is refused from the next request on, on every worker. A cache in the process would
break that promise, so there is none. Sessions and tokens of another actor type than the route's are
refused without a look-up.

Browsers attach the session cookie to requests that other sites trigger. SameSite=Lax stops most of
them. Beyond that, a request that changes something and is authorised by the cookie must come from
the shop's own origin or a listed one (`Origin`, or `Sec-Fetch-Site` without it). Browsers never
attach a bearer token or key in `Authorization` by themselves, so those need no check.
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
from merx.core.acting import acting, changing
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
    """Who calls, and how that was proved. An API key acts for itself and has no auth identity."""

    id: str
    type: Literal["user", "customer", "api-key"]
    auth_identity_id: str
    how: Literal["bearer", "session", "api-key"]
    # When the token was issued. Sessions do not need it: they end with the credentials.
    since: datetime = ALWAYS


def settings(request: Request) -> Settings:
    """The operator's settings."""
    return request.app.state.settings


async def _admin(request: Request) -> Actor:
    return getattr(request.state, "actor", None) or await let_in(request)


async def let_in(request: Request) -> Actor:
    """The caller, determined once per request; Unauthorized if unknown."""
    claims = bearer_claims(request, finished=False)
    key, held = _secret_key(request), session_token(request)
    # Take a connection only for credentials that may be worth a look-up.
    if claims or key or held:
        async with database(request).read() as tx:
            actor = (
                (await _by_claims(tx, claims) if claims else None)
                or (await _by_key(tx, request, key) if key else None)
                or (await _by_session(tx, request) if held else None)
            )
        if actor is not None:
            acting.set(actor.id)
            changing.set(f"{actor.type} {actor.id}")
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
# The claims of a bearer token, of any actor type and even before the second factor: for creating a
# session, which then lacks the second factor too. Does not query the database.
Bearer = Annotated[Claims, Depends(_bearer)]


def bearer_claims(request: Request, *, finished: bool = True) -> Claims | None:
    """The claims of the request's bearer token, of any actor type.

    A log-in that still needs its second factor is refused unless `finished` is False.
    """
    scheme, token = _authorization(request)
    if scheme != "bearer" or not token:
        return None
    claims = read_token(token, secret=settings(request).jwt_secret)
    if finished and claims is not None and owes_code(claims):
        raise Unauthorized(_CODE_OWED)
    return claims


def session_token(request: Request) -> str | None:
    """The token in the request's session cookie, if this shop signed it."""
    value = request.cookies.get(COOKIE)
    return from_cookie(value, secret=settings(request).cookie_secret) if value else None


async def read_session(
    tx: Transaction, request: Request, *, finished: bool = True
) -> Session | None:
    """The request's session; Forbidden if another site may have made the browser send it.

    A session that still needs its second factor is refused unless `finished` is False.
    """
    token = session_token(request)
    session = await find_session(tx, token) if token else None
    if session is not None:
        refuse_foreign_origin(request)
        if finished and session.is_waiting:
            raise Unauthorized(_CODE_OWED)
    return session


def refuse_foreign_origin(request: Request) -> None:
    """Refuse a changing request that another site may have made a browser send."""
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
    """The lower-case scheme and the credential of the `Authorization` header."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    return scheme.lower(), credential.strip()


def _secret_key(request: Request) -> str | None:
    """The key of a Basic credential: plain or in base64, with or without the trailing colon.

    A key followed by a password is not accepted; neither are an e-mail and a password.
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
    """Whether the page comes from the called host.

    A proxy may have changed the scheme and the host; it then says so in its headers.
    """
    hosts = [request.headers.get("host", "")]
    if settings(request).trust_forwarded_host:
        hosts.append(request.headers.get("x-forwarded-host", "").partition(",")[0].strip())
    try:
        return urlsplit(origin).netloc in filter(None, hosts)
    except ValueError:
        return False


def _area(request: Request) -> Literal["admin", "auth", "store"]:
    """The part of the API that is called; each has its own list of allowed origins."""
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
