"""The reconciler: repeats payment requests that a crash or an unresponsive provider left open.

Each open request is repeated with its own key, so a provider that has already done it says so and
does nothing more. A request that stays unanswered is repeated less and less often.
"""

from datetime import timedelta

import structlog

from merx.core.database import Transaction
from merx.modules.payment.payments import finish_movement
from merx.modules.payment.requests import (
    Answer,
    Kind,
    ProviderRequest,
    State,
    close_request,
    read_request,
)
from merx.modules.payment.sessions import find_session, store_data, write_deletion
from merx.modules.payment.till import Till
from merx.workflows.selling.payment_sessions import finish_authorization

_log = structlog.get_logger()

MINUTE = timedelta(minutes=1)

# Claimed one by one, so two reconcilers share the work. After the n-th attempt it waits 2^n
# minutes, at most an hour.
_CLAIM = """UPDATE payment_request SET asked_at = now(), attempts = attempts + 1
WHERE id = (SELECT id FROM payment_request
  WHERE state IN ('requested', 'unknown')
    AND asked_at < now() - least($1::interval * power(2, least(attempts - 1, 6)), interval '1 hour')
    AND id <> ALL($2::text[])
  ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id"""


async def settle_open_requests(till: Till, *, after: timedelta = MINUTE, most: int = 100) -> int:
    """Settle requests that have been open for a while; returns how many are now closed."""
    seen: list[str] = []
    closed = 0
    while len(seen) < most:
        async with till.database.write() as tx:
            request_id: str | None = await tx.fetchval(_CLAIM, after, seen)
            request = await read_request(tx, request_id) if request_id else None
        if request_id is None:
            break
        seen.append(request_id)
        if request is not None and request.provider_id in till.providers:
            closed += await _settle(till, request)
    return closed


async def _settle(till: Till, request: ProviderRequest) -> bool:
    answer = await till.ask(request)
    async with till.write() as tx:
        await _finish(tx, till, request, answer)
    _log.info("payment request settled", request=request.id, kind=request.kind, state=answer.state)
    return answer.state in (State.DONE, State.FAILED)


async def _finish(tx: Transaction, till: Till, request: ProviderRequest, answer: Answer) -> None:
    if request.payment_id is not None:
        await finish_movement(tx, request, answer, till=till)
    elif request.kind is Kind.AUTHORIZE:
        await finish_authorization(tx, till, request, answer)
    elif await close_request(tx, request, answer) and answer.outcome is not None:
        session = await find_session(tx, request.charge.session_id)
        # A session that the provider knows but that never became visible: it is deleted there too.
        if session is None:
            return
        if request.kind is Kind.INITIATE and session.is_dropped:
            await store_data(tx, session.id, dict(answer.outcome.data))
            await write_deletion(tx, session)
