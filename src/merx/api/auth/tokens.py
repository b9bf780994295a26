"""`/auth/token/refresh`, and answers that carry a token.

A log-in is complete when nothing is outstanding: first the verifications that the shop requires,
then the code of a second factor. Until then the answer names what is outstanding, and its token can
only be used for that.
"""

from dataclasses import replace
from datetime import datetime

import orjson
from fastapi import Request, Response

from merx.access.admin import settings
from merx.api.auth.caller import HalfLoggedIn, SmallRoute
from merx.api.auth.shapes import LoggedIn, challenge_json, verification_json
from merx.core.clock import write_time
from merx.modules.auth.challenges import create_challenge
from merx.modules.auth.identities import Identity
from merx.modules.auth.tokens import issue_token
from merx.modules.auth.verifications import owed_verification
from merx.web.answers import answers_type
from merx.web.router import Router
from merx.web.transactions import database

router = Router(prefix="/auth/token", tags=["auth"], route_class=SmallRoute)

# Nothing between here and the client may store a token.
NOT_STORED = {"cache-control": "no-store"}


def answer_token(
    request: Request,
    identity: Identity,
    actor_type: str,
    *,
    completed_at: datetime | None = None,
    is_verified: bool = True,
    owed: LoggedIn | None = None,
) -> Response:
    """`{token}` for an identity; while something is outstanding, a token for completing it."""
    chosen = settings(request)
    token = issue_token(
        identity,
        actor_type,
        secret=chosen.jwt_secret,
        lifetime=chosen.jwt_expires_in,
        challenge_completed_at=write_time(completed_at) if completed_at else None,
        is_verified=is_verified,
    )
    body = {**(owed or {}), "token": token}
    return Response(orjson.dumps(body), 200, NOT_STORED, "application/json")


async def answer_log_in(request: Request, identity: Identity, actor_type: str) -> Response:
    """The answer to a correct credential: a token, or what is outstanding."""
    chosen = settings(request)
    kinds = chosen.required_verifications(actor_type, identity.provider)
    if kinds:
        async with database(request).read() as tx:
            is_owed, row = await owed_verification(tx, identity.id, identity.provider, kinds)
        if is_owed:
            owed: LoggedIn = {"verification_required": True}
            if row is not None:
                owed["verification"] = verification_json(row)
            return answer_token(request, identity, actor_type, is_verified=False, owed=owed)
    if not identity.has_factor:
        return answer_token(request, identity, actor_type)
    async with database(request).brief_write() as tx:
        challenge = await create_challenge(
            tx,
            identity.id,
            identity.provider,
            seconds=chosen.mfa_challenge_seconds,
            attempts=chosen.mfa_challenge_attempts,
        )
    if challenge is None:
        # The factor was disabled just now.
        return answer_token(request, replace(identity, has_factor=False), actor_type)
    owed = {"mfa_required": True, "mfa_challenge": challenge_json(challenge)}
    return answer_token(request, identity, actor_type, owed=owed)


@router.post("/refresh", openapi_extra=answers_type(LoggedIn))
async def refresh(request: Request, caller: HalfLoggedIn) -> Response:
    """Exchange a token or a session for a new token, with the identity's current actor.

    An identity with a second factor must enter a code again, as on the reference: a stolen token
    cannot be kept alive by refreshing it.
    """
    return await answer_log_in(request, caller.identity, caller.actor_type)
