"""/admin/invites: invitations to become a user.

Accepting has a router of its own without the admin door: the caller has a registered identity and
an invite's token, but is not a user yet.
"""

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from merx.access.admin import ADMIN, ALWAYS, bearer_claims, read_session, settings
from merx.access.admin import USER as USER_TYPE
from merx.api.admin.users import USER
from merx.core.errors import InvalidData, Unauthorized
from merx.modules.auth.actors import is_live_identity
from merx.modules.auth.tokens import issued_at
from merx.modules.user.models import Invite
from merx.modules.user.schemas import AcceptInvite, CreateInvite
from merx.web.answers import Described, answers
from merx.web.crud import Writes, plain_router
from merx.web.door import Door
from merx.web.filter_values import Reader
from merx.web.filters import texts, times
from merx.web.queries import ReadQuery
from merx.web.querystring import parse_query
from merx.web.reads import answer_one, find_one, wrap
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Write, database
from merx.web.wording import got, unrecognized
from merx.workflows.people import invites

INVITE = Resource(
    "invite",
    "invite",
    "invites",
    "id,email,accepted,token,expires_at,metadata,created_at,updated_at,deleted_at",
    {
        "id": texts("id"),
        "email": texts("email"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    limit=50,
    missing="Invite with id: {id} was not found",
)

router = plain_router("/invites", INVITE, Writes(Invite.__table__, "invite", delete=True))


@router.post("", openapi_extra=INVITE.parameters)
async def invite_somebody(request: Request, body: CreateInvite, tx: Write) -> Response:
    """Invite somebody to become a user."""
    if body.roles:
        raise InvalidData("Invalid request: Users have no roles here")
    columns = body.model_dump(exclude_unset=True, exclude={"roles", "email"})
    invite_id = await invites.invite_somebody(
        tx, body.email, columns, secret=settings(request).jwt_secret
    )
    return await answer_one(tx, INVITE, invite_id, request)


@router.post("/{id}/resend", openapi_extra=INVITE.parameters)
async def resend_invite(id: str, request: Request, tx: Write) -> Response:
    """Give an invite a new token that replaces the old one."""
    await invites.invite_again(tx, id, secret=settings(request).jwt_secret)
    return await answer_one(tx, INVITE, id, request)


async def _newcomer(request: Request) -> str:
    """The calling identity, which is not a user yet."""
    claims: Any = bearer_claims(request)
    if claims is None:
        async with database(request).read() as tx:
            session = await read_session(tx, request)
        if session is None or session.actor_type != USER_TYPE:
            raise Unauthorized("Unauthorized")
        actor_id, identity_id = session.actor_id, session.auth_identity_id
        since = ALWAYS
    elif claims["actor_type"] == USER_TYPE:
        actor_id, identity_id = claims["actor_id"], claims["auth_identity_id"]
        since = issued_at(claims)
    else:
        raise Unauthorized("Unauthorized")
    if actor_id:
        raise InvalidData("The user is already authenticated and cannot accept an invite.")
    async with database(request).read() as tx:
        if not await is_live_identity(tx, identity_id, since):
            raise Unauthorized("Unauthorized")
    return identity_id


_DOOR = Door(_newcomer, ADMIN.credentials, ADMIN.refusal)

open_router = Router(prefix="/invites", tags=["invites"], door=_DOOR)


_TOKEN = {
    "name": "token",
    "in": "query",
    "description": "The token of the invitation.",
    "schema": {"type": "string"},
}


@open_router.post("/accept", openapi_extra=Described([_TOKEN]) | answers(user=USER))
async def accept(
    request: Request,
    body: AcceptInvite,
    identity_id: Annotated[str, Depends(_newcomer)],
    tx: Write,
) -> Response:
    """Become a user, with the token of an open invite."""
    token = _token(request)
    secret = settings(request).jwt_secret
    user_id = await invites.accept_invite(tx, token, identity_id, body, secret=secret)
    return wrap(user=await find_one(tx, USER, user_id, ReadQuery(None, {})))


def _token(request: Request) -> str:
    values = parse_query(request.url.query)
    reader = Reader()
    token = values.get("token")
    if token is None:
        reader.refuse("Field 'token' is required", ("token",))
    elif not isinstance(token, str):
        reader.refuse(f"Expected type: 'string' for field 'token', got: '{got(token)}'", ("token",))
    unknown = [name for name in values if name not in ("token", "fields")]
    if unknown:
        reader.refuse(unrecognized(unknown), (unknown[0],))
    reader.check()
    return str(token)
