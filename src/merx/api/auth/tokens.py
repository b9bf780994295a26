"""`/auth/token/refresh`, and the answer that carries a token."""

import orjson
from fastapi import APIRouter, Request, Response

from merx.api.access import bearer_claims, read_session, settings
from merx.api.transactions import Read
from merx.core.errors import Unauthorized
from merx.modules.auth.identities import Identity, find_identity
from merx.modules.auth.tokens import issue_token

router = APIRouter(prefix="/auth/token", tags=["auth"])

# A token must not be kept by anything between here and the client.
NOT_STORED = {"cache-control": "no-store"}


def answer_token(request: Request, identity: Identity, actor_type: str) -> Response:
    """`{token}` for an identity."""
    chosen = settings(request)
    token = issue_token(
        identity, actor_type, secret=chosen.jwt_secret, lifetime=chosen.jwt_expires_in
    )
    return Response(orjson.dumps({"token": token}), 200, NOT_STORED, "application/json")


@router.post("/refresh")
async def refresh(request: Request, tx: Read) -> Response:
    """A new token for the holder of a token or a session, with what its identity is by now."""
    claims = bearer_claims(request)
    if claims is not None:
        actor_type: str = claims["actor_type"]
        identity_id, provider = claims["auth_identity_id"], claims["auth_provider"]
    elif session := await read_session(tx, request):
        actor_type = session.actor_type
        identity_id, provider = session.auth_identity_id, session.auth_provider
    else:
        raise Unauthorized("Unauthorized")
    identity = await find_identity(tx, identity_id, provider)
    if identity is None:
        raise Unauthorized("Unauthorized")
    return answer_token(request, identity, actor_type)
