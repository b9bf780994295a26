"""Invites: created, renewed, and accepted once by whoever holds the token."""

from datetime import timedelta

from merx.batch import Row, insert_rows
from merx.core.clock import now
from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.core.ids import new_id
from merx.core.schema import same_email
from merx.core.signing import read_signed, sign
from merx.modules.user.models import Invite

_IS_USER = f'SELECT true FROM "user" WHERE deleted_at IS NULL AND {same_email("$1")}'

LIFETIME = timedelta(days=1)


async def create_invite(tx: Transaction, email: str, columns: Row, *, secret: str) -> str:
    """Invite somebody as a user; returns the invite's id. Refuses the e-mail of a user."""
    if await tx.fetchval(_IS_USER, email):
        raise InvalidData(f"User account for following email(s) already exist: {email}")
    invite_id = new_id("invite")
    made = {"id": invite_id, "email": email, **columns, **_term(invite_id, email, secret)}
    await insert_rows(tx, Invite.__table__, [made])
    return invite_id


async def renew_invite(tx: Transaction, invite_id: str, *, secret: str) -> str:
    """Give an invite a new token and lifetime, which invalidates the old token.

    Returns its e-mail.
    """
    email = await tx.fetchval(
        "SELECT email FROM invite WHERE id = $1 AND deleted_at IS NULL FOR UPDATE", invite_id
    )
    if email is None:
        raise InvalidData(f"The following invites do not exist: {invite_id}")
    term = _term(invite_id, email, secret)
    await tx.execute(
        "UPDATE invite SET token = $2, expires_at = $3, updated_at = now() WHERE id = $1",
        invite_id,
        term["token"],
        term["expires_at"],
    )
    return email


async def open_invite_token(tx: Transaction, invite_id: str) -> str | None:
    """The token of an invite that can still be accepted."""
    return await tx.fetchval(
        "SELECT token FROM invite WHERE id = $1 AND deleted_at IS NULL AND NOT accepted"
        " AND expires_at > now()",
        invite_id,
    )


async def take_invite(tx: Transaction, token: str, *, secret: str) -> tuple[str, str] | None:
    """Consume the invite of a token; returns its id and e-mail, None if it is used, expired or
    gone.

    One guarded UPDATE: of two concurrent calls, the second finds it accepted.
    """
    claims = read_signed(token, "id", "email", secret=secret)
    if claims is None:
        return None
    row = await tx.fetchrow(
        "UPDATE invite SET accepted = true, deleted_at = now(), updated_at = now()"
        " WHERE id = $1 AND token = $2 AND deleted_at IS NULL AND NOT accepted"
        " AND expires_at > now() RETURNING id, email",
        claims["id"],
        token,
    )
    return (row["id"], row["email"]) if row else None


def _term(invite_id: str, email: str, secret: str) -> Row:
    seconds = int(LIFETIME.total_seconds())
    token = sign({"id": invite_id, "email": email}, secret=secret, lifetime=seconds)
    return {"token": token, "expires_at": now() + LIFETIME}
