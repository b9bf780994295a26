"""`/auth/{actor_type}/{auth_provider}/reset-password` and `…/update`: password resets.

Nothing reveals whether an e-mail is known: the answer and the statements are the same, and the mail
is sent after the commit, from the outbox. Requests count against budgets of the e-mail and of the
address, so that no mailbox can be flooded and no list of e-mails tried.
"""

from datetime import timedelta

from fastapi import Request, Response
from fastapi.routing import APIRoute

from merx.access.admin import USER, settings
from merx.api.auth.credentials import read_values
from merx.api.auth.providers import provider_of
from merx.api.auth.tokens import NOT_STORED
from merx.modules.auth.attempts import count_mail, reset_budgets, take_attempt
from merx.modules.auth.identities import EMAIL_PASSWORD, CredentialsRefused
from merx.modules.auth.passwords import hash_password, turn_away_when_busy
from merx.modules.auth.resets import is_reset_token
from merx.modules.auth.schemas import ResetRequest
from merx.web.answers import answers, answers_text
from merx.web.router import Router
from merx.web.transactions import database
from merx.web.validation import validated
from merx.workflows.people.password_resets import request_reset, reset_password

router = Router(prefix="/auth", tags=["auth"], route_class=APIRoute)


@router.post(
    "/{actor_type}/{auth_provider}/reset-password", status_code=201, openapi_extra=answers_text()
)
async def ask_for_reset(request: Request, actor_type: str, auth_provider: str) -> Response:
    """Mail a password reset token to the owner of the e-mail, if there is one."""
    if actor_type == USER:
        provider_of(request, actor_type, auth_provider)
    wanted = validated(ResetRequest, await read_values(request))
    await _request(request, wanted, actor_type, auth_provider)
    return Response("Created", 201, media_type="text/plain")


@router.post("/{actor_type}/{auth_provider}/update", openapi_extra=answers(success=bool))
async def set_new_password(request: Request, actor_type: str, auth_provider: str) -> Response:
    """Set a new password, with the mailed token as bearer; no other credentials count."""
    if actor_type == USER:
        provider_of(request, actor_type, auth_provider)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    secret = settings(request).jwt_secret
    if scheme.lower() != "bearer" or not is_reset_token(
        token, auth_provider, actor_type, secret=secret
    ):
        raise CredentialsRefused("Invalid token")
    password = (await read_values(request)).get("password")
    if not isinstance(password, str) or not password:
        raise CredentialsRefused("Unauthorized")
    # Hashed before a connection is taken, as in a log-in.
    turn_away_when_busy()
    hashed = await hash_password(password)
    async with database(request).brief_write() as tx:
        await reset_password(tx, token, hashed)
    return Response(b'{"success":true}', 200, NOT_STORED, "application/json")


async def _request(request: Request, wanted: ResetRequest, actor_type: str, provider: str) -> None:
    chosen, email = settings(request), wanted.identifier
    address = request.client.host if request.client else ""
    budgets = reset_budgets(
        email, address, chosen.login_attempts, chosen.login_attempts_per_address
    )
    async with database(request).brief_write() as tx:
        if budgets:
            window = timedelta(seconds=chosen.login_window)
            await take_attempt(tx, budgets, window=window, of="requests for a new password")
        await count_mail(tx, email, chosen.mails_per_day)
        if provider == EMAIL_PASSWORD and "\0" not in email:
            await request_reset(tx, email, actor_type, wanted.metadata)
