"""Users together with their log-ins."""

from collections.abc import Sequence

from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.modules.auth.actors import take_actors_away
from merx.modules.auth.identities import (
    NewIdentity,
    create_identities,
    find_by_email,
    write_password_hash,
)
from merx.modules.auth.passwords import hash_password
from merx.modules.auth.sessions import end_sessions
from merx.modules.user.service import create_users, delete_users
from merx.outbox import emit_all


async def create_user(
    tx: Transaction,
    *,
    email: str,
    password: str,
    first_name: str | None = None,
    last_name: str | None = None,
) -> str:
    """Create a user with a log-in by e-mail and password; returns the user's id.

    Raises InvalidData if a user has this e-mail, CredentialsRefused if only a log-in has it.
    """
    row = {"email": email, "first_name": first_name, "last_name": last_name}
    user_id, *_ = await create_users(tx, [row])
    identity = NewIdentity(email, await hash_password(password), {"user_id": user_id})
    await create_identities(tx, [identity])
    await emit_all(tx, {"user.created": [user_id]})
    return user_id


async def set_password(tx: Transaction, *, email: str, password: str) -> None:
    """Set a new password for the log-in with an e-mail, and end its sessions."""
    found = await find_by_email(tx, email)
    if found is None:
        raise NotFound(f"Nobody logs in with the e-mail {email}")
    identity, _ = found
    await write_password_hash(tx, identity.id, await hash_password(password))
    await end_sessions(tx, identity.id)


async def remove_users(tx: Transaction, user_ids: Sequence[str]) -> None:
    """Delete users and end their log-ins; unknown ids are ignored."""
    deleted = await delete_users(tx, user_ids)
    await take_actors_away(tx, "user", user_ids)
    await emit_all(tx, {"user.deleted": deleted})
