"""How somebody who was asked becomes a user."""

from typing import Any

from merx.core.database import Transaction
from merx.core.errors import InvalidData, Unauthorized
from merx.modules.auth.actors import make_actor_of
from merx.modules.user.invites import take_invite
from merx.modules.user.schemas import AcceptInvite
from merx.modules.user.service import create_users
from merx.outbox import emit_all


async def accept_invite(
    tx: Transaction, token: str, identity_id: str, person: AcceptInvite, *, secret: str
) -> str:
    """Make a user of an identity that holds an invite's token; the user's id.

    Whatever is wrong with token, identity or e-mail is refused in the same words, and leaves the
    invite as it was.
    """
    taken = await take_invite(tx, token, secret=secret)
    if taken is None:
        raise Unauthorized("Unauthorized")
    invite_id, email = taken
    row: dict[str, Any] = {**person.model_dump(), "email": person.email or email}
    try:
        user_id, *_ = await create_users(tx, [row])
    except InvalidData as error:
        raise Unauthorized("Unauthorized") from error
    if not await make_actor_of(tx, identity_id, "user", user_id):
        raise Unauthorized("Unauthorized")
    await emit_all(tx, {"invite.accepted": [invite_id], "user.created": [user_id]})
    return user_id
