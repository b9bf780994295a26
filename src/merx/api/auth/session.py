"""`/auth/session`: exchange a bearer token for a session cookie, and end the session."""

from datetime import timedelta
from typing import Any

import orjson
from fastapi import Request, Response

from merx.access.admin import Bearer, refuse_foreign_origin, session_token, settings
from merx.api.auth.caller import SmallRoute
from merx.api.auth.tokens import NOT_STORED
from merx.core.errors import Unauthorized
from merx.modules.auth.sessions import (
    COOKIE,
    end_session,
    new_session_token,
    open_session,
    to_cookie,
)
from merx.web.answers import answers
from merx.web.router import Router
from merx.web.transactions import BriefWrite

router = Router(prefix="/auth/session", tags=["auth"], route_class=SmallRoute)


@router.post("", openapi_extra=answers(user=dict[str, Any]))
async def start_session(request: Request, claims: Bearer, tx: BriefWrite) -> Response:
    """Create a session cookie for a bearer token; answers with the token's claims.

    The session's token is always new, and any session the browser already has is ended, so that
    nobody can fixate a session in a browser and wait for its owner to log in.
    """
    chosen = settings(request)
    lifetime = timedelta(hours=chosen.session_hours)
    token = new_session_token()
    if not await open_session(tx, token, claims, lifetime=lifetime):
        raise Unauthorized("Unauthorized")
    if held := session_token(request):
        await end_session(tx, held)
    answer = Response(orjson.dumps({"user": claims}), 200, NOT_STORED, "application/json")
    answer.set_cookie(
        COOKIE,
        to_cookie(token, secret=chosen.cookie_secret),
        max_age=int(lifetime.total_seconds()),
        expires=int(lifetime.total_seconds()),
        secure=chosen.cookie_secure,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.delete("", openapi_extra=answers(success=bool))
async def finish_session(request: Request, tx: BriefWrite) -> Response:
    """End the cookie's session."""
    token = session_token(request)
    if token is None:
        raise Unauthorized("Unauthorized")
    refuse_foreign_origin(request)
    if not await end_session(tx, token):
        raise Unauthorized("Unauthorized")
    answer = Response(orjson.dumps({"success": True}), 200, media_type="application/json")
    # `delete_cookie` writes `connect.sid=""`, and some clients take the quotes for a value.
    attributes = "expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Path=/; SameSite=lax"
    secure = "; Secure" if settings(request).cookie_secure else ""
    answer.headers.append("set-cookie", f"{COOKIE}=; {attributes}{secure}")
    return answer
