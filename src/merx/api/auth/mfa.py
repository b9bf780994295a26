"""`/auth/mfa`: second factors, recovery codes, and the challenges that ask for them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import orjson
from fastapi import Request, Response

from merx.access.admin import settings
from merx.api.auth.caller import HalfLoggedIn, LoggedIn, SmallRoute
from merx.api.auth.shapes import Factor, factor_json
from merx.api.auth.shapes import LoggedIn as ShownLogIn
from merx.api.auth.tokens import NOT_STORED, answer_token
from merx.core.errors import InvalidData
from merx.modules.auth.attempts import Budget, code_budget, give_back_attempt, take_attempt
from merx.modules.auth.challenges import complete_challenge, take_challenge_attempt
from merx.modules.auth.factors import (
    TOTP,
    CodeRefused,
    begin_factor,
    list_factors,
)
from merx.modules.auth.one_time_codes import otpauth_url
from merx.modules.auth.recovery_codes import METHOD
from merx.modules.auth.schemas import (
    AnswerChallenge,
    BeginFactor,
    DisableFactor,
    EnableFactor,
    RenewRecoveryCodes,
)
from merx.modules.auth.second_factors import (
    disable_by_session,
    disable_with_code,
    enable_second_factor,
    renew_codes,
)
from merx.web.answers import answers, answers_type
from merx.web.router import Router
from merx.web.transactions import BriefWrite, Read, database

router = Router(prefix="/auth/mfa", tags=["auth"], route_class=SmallRoute)

_WINDOW = timedelta(hours=1)


@router.get("/factors", openapi_extra=answers(mfa_factors=list[Factor]))
async def list_own_factors(caller: LoggedIn, tx: Read) -> Response:
    """List the caller's factors, including disabled ones."""
    rows = await list_factors(tx, caller.identity.id)
    return _answer(mfa_factors=[factor_json(row) for row in rows])


@router.post("/factors", openapi_extra=answers(mfa_factor=Factor, secret=str, otpauth_url=str))
async def begin(request: Request, body: BeginFactor, caller: LoggedIn, tx: BriefWrite) -> Response:
    """Create a pending factor, with a secret for an authenticator app that is shown only once."""
    if body.provider != TOTP:
        raise InvalidData(f'MFA provider "{body.provider}" is not available')
    chosen = settings(request)
    metadata = {**(body.metadata or {}), **({} if body.label is None else {"label": body.label})}
    new = await begin_factor(tx, caller.identity.id, metadata, keys=chosen.mfa_encryption_key)
    issuer = body.issuer if "issuer" in body.model_fields_set else chosen.mfa_issuer
    account = caller.identity.id if body.label is None else body.label
    url = otpauth_url(new.secret, issuer=issuer, account=account)
    shown = factor_json(new.row, is_new=True)
    return _answer(mfa_factor=shown, secret=new.secret, otpauth_url=url)


@router.post("/factors/{id}/verify", openapi_extra=answers(mfa_factor=Factor))
async def enable(id: str, request: Request, body: EnableFactor, caller: LoggedIn) -> Response:
    """Enable a factor by a code of it: from now on log-ins need one."""
    keys = settings(request).mfa_encryption_key
    identity_id = caller.identity.id
    async with _counted(request, identity_id), database(request).brief_write() as tx:
        row = await enable_second_factor(
            tx, identity_id, id, body.code, keys=keys, since=caller.since
        )
    return _answer(mfa_factor=factor_json(row))


@router.delete("/factors/{id}", openapi_extra=answers(mfa_factor=Factor))
async def disable(id: str, request: Request, body: DisableFactor, caller: LoggedIn) -> Response:
    """Disable a factor.

    Allowed without a code for callers that passed the factor since it was enabled, unless a setting
    requires one each time.
    """
    chosen, identity_id = settings(request), caller.identity.id
    if chosen.mfa_disable_policy == "session":
        async with database(request).brief_write() as tx:
            row = await disable_by_session(
                tx, identity_id, id, has_shown_code_since=caller.has_shown_code_since
            )
        if row is not None:
            return _answer(mfa_factor=factor_json(row))
    async with _counted(request, identity_id, body.method), database(request).brief_write() as tx:
        row = await disable_with_code(
            tx, identity_id, id, body.method, body.code, keys=chosen.mfa_encryption_key
        )
    return _answer(mfa_factor=factor_json(row))


@router.post("/recovery-codes", openapi_extra=answers(recovery_codes=list[str]))
async def renew(
    request: Request, body: RenewRecoveryCodes, caller: LoggedIn, tx: BriefWrite
) -> Response:
    """Replace all recovery codes; the new ones are shown only once."""
    count = body.count or settings(request).mfa_recovery_codes
    return _answer(recovery_codes=await renew_codes(tx, caller.identity, count))


@router.post("/challenges/{id}/verify", openapi_extra=answers_type(ShownLogIn))
async def answer_challenge(
    id: str, request: Request, body: AnswerChallenge, caller: HalfLoggedIn
) -> Response:
    """Complete a log-in with a code; answers with the token."""
    identity_id, keys = caller.identity.id, settings(request).mfa_encryption_key
    async with _counted(request, identity_id, body.method):
        async with database(request).brief_write() as tx:
            attempt = await take_challenge_attempt(tx, id, identity_id, body.method)
        async with database(request).brief_write() as tx:
            completed_at = await complete_challenge(tx, attempt, body.code, keys=keys)
    return answer_token(request, caller.identity, caller.actor_type, completed_at=completed_at)


@asynccontextmanager
async def _counted(
    request: Request, identity_id: str, method: str | None = None
) -> AsyncGenerator[None]:
    """Counts a wrong code in the block against its identity, whatever it is used for.

    An attempt is taken before the code is checked and returned if the code was right. Recovery
    codes cannot be guessed, so they are not counted and still work when the budget is exhausted.
    """
    limit = settings(request).mfa_attempts
    if not limit or method == METHOD:
        yield
        return
    budgets = [code_budget(identity_id, limit)]
    async with database(request).brief_write() as tx:
        await take_attempt(tx, budgets, window=_WINDOW, of="wrong codes")
    try:
        yield
    except CodeRefused:
        raise
    except Exception:
        await _give_back(request, budgets)
        raise
    await _give_back(request, budgets)


async def _give_back(request: Request, budgets: list[Budget]) -> None:
    async with database(request).brief_write() as tx:
        await give_back_attempt(tx, budgets)


def _answer(**body: object) -> Response:
    return Response(orjson.dumps(body), 200, NOT_STORED, "application/json")
