"""A forgotten password: a token to who owns the e-mail, a new password to who holds the token."""

from merx.core.database import Transaction
from merx.core.errors import NotFound
from merx.modules.auth.identities import EMAIL_PASSWORD, CredentialsRefused, write_password_hash
from merx.modules.auth.resets import issue_reset_token, login_of_user, take_reset_token
from merx.modules.auth.sessions import end_sessions
from merx.modules.user.service import is_live_user


async def reset_password(tx: Transaction, token: str, password_hash: str) -> None:
    """Set the password that a token allows, end the sessions opened with the old one."""
    identity_id = await take_reset_token(tx, token)
    if identity_id is None:
        raise CredentialsRefused("Invalid token")
    await write_password_hash(tx, identity_id, password_hash)
    await end_sessions(tx, identity_id)


async def reset_token_of_user(tx: Transaction, user_id: str, *, secret: str) -> str:
    """A token by which a user sets another password, for an admin to hand on."""
    if not await is_live_user(tx, user_id):
        raise NotFound(f"User with id: {user_id} was not found")
    email = await login_of_user(tx, user_id, EMAIL_PASSWORD)
    token = email and await issue_reset_token(tx, email, EMAIL_PASSWORD, "user", secret=secret)
    if not token:
        raise NotFound(f"User with id: {user_id} does not log in with a password")
    return token
