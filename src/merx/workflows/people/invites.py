"""Invites to become a user, and their acceptance."""

from typing import Any

from merx.batch import Row
from merx.core.database import Transaction
from merx.core.errors import InvalidData, Unauthorized
from merx.modules.auth.actors import make_actor_of
from merx.modules.notification.letters import INVITE
from merx.modules.notification.mails import request_mail
from merx.modules.user.invites import create_invite, renew_invite, take_invite
from merx.modules.user.schemas import AcceptInvite
from merx.modules.user.service import create_users
from merx.outbox import emit, emit_all


async def invite_somebody(tx: Transaction, email: str, columns: Row, *, secret: str) -> str:
    """Invite somebody by mail; returns the invite's id."""
    invite_id = await create_invite(tx, email, columns, secret=secret)
    await _tell(tx, "invite.created", invite_id, email)
    return invite_id


async def invite_again(tx: Transaction, invite_id: str, *, secret: str) -> None:
    """Send a new token that replaces the old one."""
    email = await renew_invite(tx, invite_id, secret=secret)
    await _tell(tx, "invite.resent", invite_id, email)


async def _tell(tx: Transaction, event: str, invite_id: str, email: str) -> None:
    await emit(tx, event, [invite_id])
    await request_mail(tx, email, INVITE, {"invite_id": invite_id})


async def accept_invite(
    tx: Transaction, token: str, identity_id: str, person: AcceptInvite, *, secret: str
) -> str:
    """Create a user for an identity with an invite's token; returns the user's id.

    Any problem with token, identity or e-mail is refused with the same message, and leaves the
    invite unchanged.
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
