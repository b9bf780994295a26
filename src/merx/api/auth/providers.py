"""Log-in at external providers: the redirect there, the return with a code, and which are allowed.

In between, the shop keeps one row (`modules/auth/authorizations.py`). No database connection is
held while a provider is called, and callback URLs must be listed: otherwise anybody could set up a
page that receives codes.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute

from merx.access.admin import ALWAYS, USER, bearer_claims, read_session, settings
from merx.api.admin.users import USER as USER_RESOURCE
from merx.api.auth.credentials import read_values
from merx.api.auth.shapes import LoggedIn
from merx.api.auth.tokens import NOT_STORED, answer_log_in
from merx.core.errors import InvalidData, NotAllowed, Unauthorized
from merx.modules.auth.actors import is_live_identity
from merx.modules.auth.attempts import authorization_budgets, take_attempt
from merx.modules.auth.authorizations import begin_authorization, finish_authorization
from merx.modules.auth.identities import EMAIL_PASSWORD, CredentialsRefused, find_identity
from merx.modules.auth.provider_identities import recognise_identity
from merx.modules.auth.tokens import issued_at
from merx.providers.auth import AuthorizationRequest, AuthProvider
from merx.settings import named
from merx.web.answers import answers, answers_type
from merx.web.queries import ReadQuery
from merx.web.querystring import Query, parse_query
from merx.web.reads import find_one, wrap
from merx.web.router import Router
from merx.web.transactions import BriefWrite, database
from merx.workflows.people.provider_users import become_user

router = Router(prefix="/auth", tags=["auth"], route_class=APIRoute)

_EMAIL_PASSWORD = {
    "id": EMAIL_PASSWORD,
    "identifier": EMAIL_PASSWORD,
    "display_name": "Email/Password Authentication",
    "flow": "credentials",
}

_RETURN = {"parameters": [{"name": name, "in": "query"} for name in ("code", "state")]}


def provider_of(request: Request, actor_type: str, auth_provider: str) -> AuthProvider | None:
    """The provider of a path; None for e-mail and password.

    Refuses a provider that does not exist or that the actor type may not use.
    """
    if actor_type == USER and auth_provider not in named(settings(request).user_auth_providers):
        raise NotAllowed(
            f"The actor type {USER} is not allowed to use the auth provider {auth_provider}"
        )
    if auth_provider == EMAIL_PASSWORD:
        return None
    found = _providers(request).get(auth_provider)
    if found is None:
        raise CredentialsRefused(
            f"\nUnable to retrieve the auth provider with id: {auth_provider}\nPlease make sure"
            " that the provider is registered in the container and it is configured correctly in"
            " your project configuration file."
        )
    return found


async def send_away(
    request: Request, actor_type: str, provider: AuthProvider, asked: Query
) -> Response:
    """`{location}`: the provider's URL to log in at, with the callback URL."""
    _refuse_error(asked)
    chosen = settings(request)
    callback_url = _callback_url(request, asked)
    address = request.client.host if request.client else ""
    budgets = authorization_budgets(address, chosen.login_attempts_per_address)
    async with database(request).brief_write() as tx:
        if budgets:
            window = timedelta(seconds=chosen.login_window)
            await take_attempt(tx, budgets, window=window, of="log-ins begun")
        authorization = await begin_authorization(
            tx, provider.id, actor_type, callback_url, secret=chosen.jwt_secret
        )
    body = {"location": await provider.location(authorization)}
    return Response(orjson.dumps(body), 200, NOT_STORED, "application/json")


@router.get("/{actor_type}/providers", openapi_extra=answers(providers=list[dict[str, Any]]))
async def list_providers(request: Request, actor_type: str) -> dict[str, object]:
    """List the log-in providers; for users, those the operator allows."""
    ways = [
        {"id": one.id, "identifier": one.id, "display_name": one.display_name, "flow": "redirect"}
        for one in _providers(request).values()
    ]
    ways.append(_EMAIL_PASSWORD)
    allowed = named(settings(request).user_auth_providers)
    shown = [way for way in ways if actor_type != USER or way["id"] in allowed]
    return {"providers": shown}


@router.get(
    "/{actor_type}/{auth_provider}/callback", openapi_extra=answers_type(LoggedIn) | _RETURN
)
async def return_from_provider(request: Request, actor_type: str, auth_provider: str) -> Response:
    """Complete a log-in at a provider; answers with a token."""
    return await _let_return(request, actor_type, auth_provider, {})


@router.post("/{actor_type}/{auth_provider}/callback", openapi_extra=answers_type(LoggedIn))
async def post_return_from_provider(
    request: Request, actor_type: str, auth_provider: str
) -> Response:
    """The same, with code and state in the body or a form."""
    given = await read_values(request)
    return await _let_return(request, actor_type, auth_provider, given)


@router.post("/{auth_provider}/user", openapi_extra=answers(user=USER_RESOURCE))
async def become_user_by_provider(request: Request, auth_provider: str, tx: BriefWrite) -> Response:
    """Become a user through a provider, if the operator trusts the e-mail's domain."""
    provider_of(request, USER, auth_provider)
    claims = bearer_claims(request)
    session = None if claims else await read_session(tx, request)
    if claims is not None and claims["actor_type"] == USER:
        actor_id, identity_id = claims["actor_id"], claims["auth_identity_id"]
        since = issued_at(claims)
    elif session is not None and session.actor_type == USER:
        actor_id, identity_id = session.actor_id, session.auth_identity_id
        since = ALWAYS
    else:
        raise Unauthorized("Unauthorized")
    if actor_id:
        raise InvalidData("The user is already registered and cannot create a new account.")
    if not await is_live_identity(tx, identity_id, since):
        raise Unauthorized("Unauthorized")
    identity = await find_identity(tx, identity_id, auth_provider)
    domains = named(settings(request).user_email_domains)
    user_id = await become_user(tx, identity, domains)
    return wrap(user=await find_one(tx, USER_RESOURCE, user_id, ReadQuery(None, {})))


async def _let_return(
    request: Request, actor_type: str, auth_provider: str, given: Query
) -> Response:
    provider = provider_of(request, actor_type, auth_provider)
    if provider is None:
        raise CredentialsRefused(
            f"Callback authentication not implemented for provider {auth_provider}"
        )
    asked = {**parse_query(request.url.query), **given}
    _refuse_error(asked)
    code, authorization = await _authorization(request, actor_type, provider, asked)
    profile = await provider.recognise(code, authorization)
    async with database(request).brief_write() as tx:
        identity = await recognise_identity(
            tx, provider.id, profile.entity_id, profile.user_metadata
        )
    return await answer_log_in(request, identity, actor_type)


async def _authorization(
    request: Request, actor_type: str, provider: AuthProvider, asked: Query
) -> tuple[str, AuthorizationRequest]:
    """The code and the stored authorization of a returning log-in."""
    code, state = asked.get("code"), asked.get("state")
    if not isinstance(code, str) or not code:
        raise CredentialsRefused("No code provided")
    authorization = None
    if isinstance(state, str) and state:
        async with database(request).brief_write() as tx:
            authorization = await finish_authorization(
                tx, state, provider.id, actor_type, secret=settings(request).jwt_secret
            )
    if authorization is None:
        raise CredentialsRefused("No state provided, or session expired")
    return code, authorization


def _callback_url(request: Request, asked: Query) -> str:
    listed = named(settings(request).auth_callback_urls)
    url = asked.get("callback_url") or next(iter(listed), "")
    # Compared exactly, so that no variant spelling can slip through.
    if url not in listed:
        raise InvalidData(
            "Invalid request: Field 'callback_url' is none of the pages that"
            " MERX_AUTH_CALLBACK_URLS lists"
        )
    return url


def _refuse_error(asked: Query) -> None:
    """Report the error in the URL, whose text comes from the provider or from whoever wrote the
    URL.
    """
    if asked.get("error"):
        said = asked.get("error_description", "undefined")
        more = asked.get("error_uri", "undefined")
        raise CredentialsRefused(f"{said}, read more at: {more}"[:500])


def _providers(request: Request) -> Mapping[str, AuthProvider]:
    return request.app.state.auth_providers
