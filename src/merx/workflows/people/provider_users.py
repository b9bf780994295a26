"""Creates users for log-ins at an external provider, without an invite."""

from collections.abc import Sequence

from merx.core.database import Transaction
from merx.core.errors import Forbidden, InvalidData
from merx.modules.auth.actors import make_actor_of
from merx.modules.auth.identities import Identity
from merx.modules.user.service import create_users
from merx.outbox import emit


async def become_user(tx: Transaction, identity: Identity | None, domains: Sequence[str]) -> str:
    """Create a user for an identity whose verified e-mail is in these domains; returns the user's
    id.
    """
    shown = identity.user_metadata if identity else {}
    email = shown.get("email")
    if identity is None or not isinstance(email, str) or not email:
        raise InvalidData("Email is required to create a user account.")
    if email.rpartition("@")[2].lower() not in [domain.lower() for domain in domains]:
        raise Forbidden("A user with this e-mail needs an invite")
    row = {
        "email": email,
        "first_name": shown.get("given_name"),
        "last_name": shown.get("family_name"),
    }
    user_id, *_ = await create_users(tx, [row])
    if not await make_actor_of(tx, identity.id, "user", user_id):
        raise InvalidData("The user is already registered and cannot create a new account.")
    await emit(tx, "user.created", [user_id])
    return user_id
