"""Password resets: a token for the owner of the e-mail, a new password for the token's holder."""

from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.core.ids import new_id
from merx.core.shapes import Document
from merx.core.tracing import current_parent
from merx.modules.auth.identities import (
    BY_EMAIL,
    EMAIL_PASSWORD,
    CredentialsRefused,
    write_password_hash,
)
from merx.modules.auth.resets import issue_reset_token, login_of_user, take_reset_token
from merx.modules.auth.sessions import end_sessions
from merx.modules.notification.letters import PASSWORD_RESET
from merx.modules.notification.mails import MAIL_REQUESTED
from merx.modules.user.service import is_live_user

# Mail and event in one statement that runs for any name, so timing does not reveal accounts.
_REQUEST = f"""
WITH known AS (
    SELECT p.entity_id FROM provider_identity p
    JOIN auth_identity i ON i.id = p.auth_identity_id AND i.deleted_at IS NULL
    WHERE p.deleted_at IS NULL AND {BY_EMAIL}
), mail AS (
    INSERT INTO mail (id, "to", template, data) SELECT $1, entity_id, $3, $4 FROM known RETURNING id
)
INSERT INTO event (id, name, ids, trace_parent)
SELECT $5, $6, jsonb_build_array(mail.id), $7 FROM mail"""


async def request_reset(tx: Transaction, email: str, actor_type: str, metadata: Document) -> None:
    """Mail a password reset token to the log-in with this e-mail, if there is one."""
    data = {"provider": EMAIL_PASSWORD, "actor_type": actor_type, "metadata": dict(metadata)}
    await tx.execute(
        _REQUEST,
        new_id("mail"),
        email,
        PASSWORD_RESET,
        data,
        new_id("evt"),
        MAIL_REQUESTED,
        current_parent(),
    )


async def reset_password(tx: Transaction, token: str, password_hash: str) -> None:
    """Set the password for a token's identity, and end the sessions of the old one."""
    identity_id = await take_reset_token(tx, token)
    if identity_id is None:
        raise CredentialsRefused("Invalid token")
    await write_password_hash(tx, identity_id, password_hash)
    await end_sessions(tx, identity_id)


async def reset_token_of_user(tx: Transaction, user_id: str, *, secret: str) -> str:
    """A password reset token for a user, to be passed on by an admin."""
    if not await is_live_user(tx, user_id):
        raise NotFound(f"User with id: {user_id} was not found")
    email = await login_of_user(tx, user_id, EMAIL_PASSWORD)
    token = email and await issue_reset_token(tx, email, EMAIL_PASSWORD, "user", secret=secret)
    if not token:
        raise NotFound(f"User with id: {user_id} does not log in with a password")
    return token
