"""/admin/users: the people who run the shop."""

import orjson
from fastapi import Request, Response

from merx.access.admin import Admin, settings
from merx.api.auth.tokens import NOT_STORED
from merx.core.errors import NotAllowed
from merx.modules.auth.identities import providers_of_user
from merx.modules.user.models import User
from merx.modules.user.schemas import UserUpdate
from merx.web.answers import answers
from merx.web.crud import Writes, plain_router
from merx.web.filters import text, texts, times
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read, Write
from merx.workflows.people.password_resets import reset_token_of_user
from merx.workflows.people.user_accounts import remove_users

USER = Resource(
    entity="user",
    singular="user",
    plural="users",
    fields="id,first_name,last_name,email,avatar_url,metadata,created_at,updated_at,deleted_at",
    filters={
        "id": texts("id"),
        "email": text("email"),
        "first_name": text("first_name"),
        "last_name": text("last_name"),
        "created_at": times("created_at"),
        "updated_at": times("updated_at"),
        "deleted_at": times("deleted_at"),
    },
    limit=50,
    missing="User with id: {id} was not found",
    combines=False,
)

# Before the plain routes, for which `me` would be an id.
router = Router()


@router.get("/users/me", tags=["users"], openapi_extra=USER.parameters)
async def get_me(request: Request, actor: Admin, tx: Read) -> Response:
    """Get the calling user; a secret key is not a user."""
    return await answer_one(tx, USER, actor.id, request)


@router.get("/users/{id}/auth-providers", tags=["users"])
async def list_auth_providers(id: str, tx: Read) -> dict[str, list[str]]:
    """The providers through which the user can log in."""
    return {"providers": await providers_of_user(tx, id)}


@router.post("/users/{id}/reset-password", tags=["users"], openapi_extra=answers(token=str))
async def reset_password_of_user(id: str, request: Request, tx: Write) -> Response:
    """Create a token with which the user can set a new password, to be passed on."""
    token = await reset_token_of_user(tx, id, secret=settings(request).jwt_secret)
    return Response(orjson.dumps({"token": token}), 200, NOT_STORED, "application/json")


@router.delete("/users/{id}", tags=["users"], openapi_extra=USER.deletion)
async def delete_user(id: str, actor: Admin, tx: Write) -> dict[str, object]:
    """Delete another user, whose requests are refused from then on."""
    if actor.id == id:
        raise NotAllowed("A user cannot delete itself")
    await remove_users(tx, [id])
    return USER.deleted(id)


_plain = Writes(User.__table__, "user", update=UserUpdate, unknown='User with id "{id}" not found')
plain = plain_router("/users", USER, _plain)
