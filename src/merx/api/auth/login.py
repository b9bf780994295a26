"""`/auth/{actor_type}/{auth_provider}`: log-in and registration with e-mail and password.

Neither holds a database connection while hashing, and both count as attempts before hashing: a
flood of log-ins takes no connections from others, and no more hashes than its budget.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import Request, Response
from fastapi.routing import APIRoute

from merx.access.admin import settings
from merx.api.auth.credentials import BODY, Credentials, read_credentials, read_values
from merx.api.auth.providers import provider_of, send_away
from merx.api.auth.shapes import LoggedIn
from merx.api.auth.tokens import answer_log_in, answer_token
from merx.core.errors import TooManyRequests
from merx.modules.auth.attempts import (
    Budget,
    give_back_attempt,
    login_budgets,
    registration_budget,
    take_attempt,
)
from merx.modules.auth.identities import (
    CredentialsRefused,
    Identity,
    NewIdentity,
    create_identities,
    find_by_email,
    write_password_hash,
)
from merx.modules.auth.passwords import (
    hash_password,
    is_outdated,
    password_matches,
    turn_away_when_busy,
)
from merx.web.answers import answers_type
from merx.web.querystring import parse_query
from merx.web.router import Router
from merx.web.transactions import database

router = Router(prefix="/auth", tags=["auth"], route_class=APIRoute)


@router.get("/{actor_type}/{auth_provider}", include_in_schema=False)
async def begin_log_in(request: Request, actor_type: str, auth_provider: str) -> Response:
    """Get the URL to log in at a provider.

    A password in a URL would end up in logs, so it is ignored.
    """
    provider = provider_of(request, actor_type, auth_provider)
    if provider is not None:
        return await send_away(request, actor_type, provider, parse_query(request.url.query))
    raise CredentialsRefused("Password should be a string")


@router.post("/{actor_type}/{auth_provider}", openapi_extra=answers_type(LoggedIn) | BODY)
async def log_in(request: Request, actor_type: str, auth_provider: str) -> Response:
    """Get a bearer token for an e-mail and its password, or the URL to log in at a provider."""
    provider = provider_of(request, actor_type, auth_provider)
    if provider is not None:
        return await send_away(request, actor_type, provider, await read_values(request))
    given = await read_credentials(request)
    async with _attempt(request, given):
        identity = await _recognise(request, given)
    return await answer_log_in(request, identity, actor_type)


@router.post("/{actor_type}/{auth_provider}/register", openapi_extra=answers_type(LoggedIn) | BODY)
async def register(request: Request, actor_type: str, auth_provider: str) -> Response:
    """Create an identity for an e-mail and a password, and a token without an actor.

    Registering again with the same password before becoming an actor returns a token again. A taken
    e-mail is reported, as on the reference; attempts are limited for that reason.
    """
    provider = provider_of(request, actor_type, auth_provider)
    if provider is not None:
        raise CredentialsRefused(
            f"{provider.id.capitalize()} does not support registration."
            " Use method `authenticate` instead."
        )
    given = await read_credentials(request)
    async with _attempt(request, given):
        identity = await _register(request, given)
    return answer_token(request, identity, actor_type)


async def _recognise(request: Request, given: Credentials) -> Identity:
    async with database(request).read() as tx:
        found = await find_by_email(tx, given.email)
    identity, stored = found or (None, None)
    if not await password_matches(stored, given.password) or identity is None or not stored:
        raise CredentialsRefused("Invalid email or password")
    if is_outdated(stored):
        better = await hash_password(given.password)
        async with database(request).brief_write() as tx:
            await write_password_hash(tx, identity.id, better, instead_of=stored)
    return identity


async def _register(request: Request, given: Credentials) -> Identity:
    async with database(request).read() as tx:
        found = await find_by_email(tx, given.email)
    if found is not None:
        identity, stored = found
        if not await password_matches(stored, given.password) or identity.app_metadata:
            raise CredentialsRefused("Identity with email already exists")
        return identity
    await _count_registration(request)
    new = NewIdentity(given.email, await hash_password(given.password), {})
    async with database(request).brief_write() as tx:
        identity, *_ = await create_identities(tx, [new])
    return identity


@asynccontextmanager
async def _attempt(request: Request, given: Credentials) -> AsyncGenerator[None]:
    """Counts the block as a failed attempt unless it succeeds or there is no capacity for it."""
    turn_away_when_busy()
    budgets = _budgets(request, given)
    if not budgets:
        yield
        return
    window = timedelta(seconds=settings(request).login_window)
    async with database(request).brief_write() as tx:
        await take_attempt(tx, budgets, window=window)
    try:
        yield
    except TooManyRequests:
        await _give_back(request, budgets)
        raise
    await _give_back(request, budgets)


async def _give_back(request: Request, budgets: Sequence[Budget]) -> None:
    async with database(request).brief_write() as tx:
        await give_back_attempt(tx, budgets)


def _budgets(request: Request, given: Credentials) -> list[Budget]:
    chosen = settings(request)
    return login_budgets(
        given.email,
        request.client.host if request.client else "",
        chosen.login_attempts,
        chosen.login_attempts_per_email,
        chosen.login_attempts_per_address,
    )


async def _count_registration(request: Request) -> None:
    limit = settings(request).registrations_per_address
    if limit and request.client:
        budgets = [registration_budget(request.client.host, limit)]
        async with database(request).brief_write() as tx:
            await take_attempt(tx, budgets, window=timedelta(hours=1), of="registrations")
