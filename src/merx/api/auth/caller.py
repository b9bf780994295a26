"""The caller of a route of `/auth`: a logged-in identity, by token or session, of any actor type.

The identity is looked up at each call, so a deleted user cannot call anything any more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from merx.access.admin import bearer_claims, read_session
from merx.api.auth.credentials import MAX_BYTES
from merx.core.errors import Unauthorized
from merx.modules.auth.identities import Identity, find_identity
from merx.modules.auth.tokens import issued_at
from merx.web.bodies import JSONRoute
from merx.web.transactions import database


@dataclass(frozen=True, slots=True)
class Caller:
    """An identity, and the actor it logged in as."""

    identity: Identity
    actor_type: str
    # When the token was issued or the session opened, and whether the token passed a second factor.
    since: datetime
    is_session: bool
    has_shown_code: bool

    def has_shown_code_since(self, moment: datetime) -> bool:
        """Whether the second factor was passed: only sessions opened before the factor was enabled
        did not need it.
        """
        return self.has_shown_code or (self.is_session and self.since > moment)


class SmallRoute(JSONRoute):
    """A route with small bodies: some of these routes are open to anonymous callers."""

    most_bytes = MAX_BYTES


async def find_caller(request: Request, *, finished: bool) -> Caller:
    """The caller; Unauthorized without one, or if `finished` and a second factor is outstanding."""
    claims = bearer_claims(request, finished=finished)
    async with database(request).read() as tx:
        if claims is not None:
            actor_id, actor_type = claims["actor_id"], claims["actor_type"]
            identity_id, provider = claims["auth_identity_id"], claims["auth_provider"]
            since, is_session = issued_at(claims), False
            has_shown_code = bool(claims.get("mfa_challenge_completed_at"))
        elif session := await read_session(tx, request, finished=finished):
            actor_id, actor_type = session.actor_id, session.actor_type
            identity_id, provider = session.auth_identity_id, session.auth_provider
            since, is_session, has_shown_code = session.created_at, True, False
        else:
            raise Unauthorized("Unauthorized")
        identity = await find_identity(tx, identity_id, provider)
    # An identity that has since changed its actor is not authorized.
    if identity is None or actor_id not in ("", identity.actor_id(actor_type)):
        raise Unauthorized("Unauthorized")
    changed_at = identity.credentials_changed_at
    # Sessions end with the credentials.
    if not is_session and changed_at is not None and changed_at >= since:
        raise Unauthorized("Unauthorized")
    return Caller(identity, actor_type, since, is_session, has_shown_code)


async def _finished(request: Request) -> Caller:
    return await find_caller(request, finished=True)


async def _any(request: Request) -> Caller:
    return await find_caller(request, finished=False)


LoggedIn = Annotated[Caller, Depends(_finished)]
# Accepts callers whose second factor is outstanding.
HalfLoggedIn = Annotated[Caller, Depends(_any)]
