"""`/admin/users`: the persons who run the shop."""

from fastapi import APIRouter, Request, Response

from merx.api.access import Admin
from merx.api.bodies import JSONRoute
from merx.api.filters import text, texts, times
from merx.api.resource import Resource, answer_one, answer_page, find_one, question, wrap
from merx.api.transactions import Read, Write
from merx.modules.auth.identities import providers_of_user
from merx.modules.user.schemas import UserUpdate
from merx.modules.user.service import update_user
from merx.workflows.user_accounts import remove_users

USERS = Resource(
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

router = APIRouter(prefix="/users", tags=["users"], route_class=JSONRoute)


@router.get("")
async def list_users(request: Request, tx: Read) -> Response:
    """Users by filters."""
    return await answer_page(tx, USERS, request)


@router.get("/me")
async def get_me(request: Request, actor: Admin, tx: Read) -> Response:
    """The user who calls; a secret key is nobody."""
    return await answer_one(tx, USERS, actor.id, request)


@router.get("/{user_id}")
async def get_user(request: Request, user_id: str, tx: Read) -> Response:
    """One user."""
    return await answer_one(tx, USERS, user_id, request)


@router.get("/{user_id}/auth-providers")
async def list_auth_providers(user_id: str, tx: Read) -> Response:
    """The providers through which the user can log in."""
    return wrap(providers=await providers_of_user(tx, user_id))


@router.post("/{user_id}")
async def post_user(request: Request, user_id: str, body: UserUpdate, tx: Write) -> Response:
    """Change a user."""
    asked = question(request, USERS)
    await update_user(tx, user_id, body.model_dump(exclude_unset=True))
    return wrap(user=await find_one(tx, USERS, user_id, asked))


@router.delete("/{user_id}")
async def delete_user(user_id: str, tx: Write) -> Response:
    """Delete a user; who acts as them is refused from then on."""
    await remove_users(tx, [user_id])
    return wrap(**USERS.deleted(user_id))
