"""Authentication of customers, as a type for signatures: `customer: Customer`.

As for admins (`admin.py`), each request checks once that the customer still exists. Customer routes
are below `/store`, so a publishable key is required too, and is checked first. A log-in that is not
yet a customer may do one thing: register as one.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from merx.access.admin import Actor, bearer_claims, read_session, session_token, settings
from merx.access.store import let_storefront_in
from merx.core.acting import acting
from merx.core.database import Transaction
from merx.core.errors import InvalidData, Unauthorized
from merx.modules.auth.actors import is_live_identity
from merx.modules.auth.attempts import newcomer_budget, take_attempt
from merx.modules.auth.tokens import Claims, issued_at
from merx.web.door import Credentials, Door
from merx.web.transactions import database
from merx.workflows.people.callers import is_customer_still

CUSTOMER = "customer"


async def let_customer_in(request: Request) -> Actor:
    """The calling customer, determined once per request; Unauthorized if there is none."""
    known: Actor | None = getattr(request.state, "customer", None)
    if known is None:
        await let_storefront_in(request)
        known = request.state.customer = await _find_customer(request)
        acting.set(known.id)
    return known


async def find_customer(request: Request) -> str | None:
    """The id of the calling customer, if any: for routes that guests may use too."""
    known: Actor | None = getattr(request.state, "customer", None)
    if known is None and _shows_something(request):
        try:
            known = await let_customer_in(request)
        except Unauthorized:
            return None
    return known.id if known else None


async def let_newcomer_in(request: Request) -> str:
    """The calling auth identity that is not a customer yet, determined once per request."""
    known: str | None = getattr(request.state, "newcomer", None)
    if known is None:
        await let_storefront_in(request)
        known = request.state.newcomer = await _find_newcomer(request)
        await _count(request, known)
    return known


Customer = Annotated[Actor, Depends(let_customer_in)]
Newcomer = Annotated[str, Depends(let_newcomer_in)]

_CREDENTIALS: tuple[Credentials, ...] = (
    {"publishable": [], "token": []},
    {"publishable": [], "session": []},
)
CUSTOMER_DOOR = Door(let_customer_in, _CREDENTIALS, "No customer is logged in")
# For log-ins that are not customers yet.
NEWCOMER_DOOR = Door(let_newcomer_in, _CREDENTIALS, "No customer is logged in")


async def _find_customer(request: Request) -> Actor:
    if _shows_something(request):
        async with database(request).read() as tx:
            actor = await _shown(tx, request)
            if actor is not None and await _is_customer_still(tx, actor):
                return actor
    raise Unauthorized("Unauthorized")


async def _find_newcomer(request: Request) -> str:
    if _shows_something(request):
        async with database(request).read() as tx:
            actor = await _shown(tx, request)
            if actor is not None and await _is_customer_still(tx, actor):
                raise InvalidData("Request already authenticated as a customer.")
            if actor is not None and not actor.id:
                identity_id = actor.auth_identity_id
                if await is_live_identity(tx, identity_id, actor.since):
                    return identity_id
    raise Unauthorized("Unauthorized")


async def _count(request: Request, identity_id: str) -> None:
    """Limit how many e-mails one log-in can try, since the answer tells which of them have an
    account.
    """
    chosen = settings(request)
    if not chosen.login_attempts:
        return
    budget = newcomer_budget(identity_id, chosen.login_attempts)
    window = timedelta(seconds=chosen.login_window)
    async with database(request).brief_write() as tx:
        await take_attempt(tx, [budget], window=window, of="attempts to become a customer")


def _shows_something(request: Request) -> bool:
    """Whether a look-up may find a customer; only then is a connection taken."""
    return _customer_claims(request) is not None or session_token(request) is not None


def _customer_claims(request: Request) -> Claims | None:
    claims = bearer_claims(request)
    return claims if claims is not None and claims["actor_type"] == CUSTOMER else None


async def _shown(tx: Transaction, request: Request) -> Actor | None:
    """The actor of the request's token or, without one for customers, of its session.

    An actor without an id is a log-in that is not a customer yet.
    """
    claims = _customer_claims(request)
    if claims is not None:
        return Actor(
            claims["actor_id"], CUSTOMER, claims["auth_identity_id"], "bearer", issued_at(claims)
        )
    session = await read_session(tx, request)
    if session is None or session.actor_type != CUSTOMER:
        return None
    return Actor(session.actor_id, CUSTOMER, session.auth_identity_id, "session")


async def _is_customer_still(tx: Transaction, actor: Actor) -> bool:
    return await is_customer_still(tx, actor.id, actor.auth_identity_id, actor.since)
