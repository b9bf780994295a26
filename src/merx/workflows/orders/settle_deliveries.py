"""Settles requests to fulfillment providers that were left without an answer, as by a crash.

A creation is withdrawn, since there is no fulfillment for it. A cancellation is requested again,
and then booked.
"""

import structlog

from merx.core.database import Database
from merx.core.errors import MerxError
from merx.modules.fulfillment.requests import (
    Action,
    OpenRequest,
    State,
    close_request,
    open_requests,
)
from merx.providers.fulfillment import DeliveryRefused, FulfillmentProvider
from merx.workflows.delivery.fulfillments import Providers, give_up
from merx.workflows.orders.fulfillments import finish_cancellation

_log = structlog.get_logger()


async def settle_requests(
    database: Database, providers: Providers, *, older_than: float = 300
) -> list[str]:
    """Settle requests that have had no answer for this many seconds; returns their fulfillments'
    ids.
    """
    async with database.read() as tx:
        found = await open_requests(tx, older_than)
    settled: list[str] = []
    for one in found:
        provider = providers.get(one.provider_id)
        if provider is not None and await _settle(database, provider, one):
            settled.append(one.key)
    return settled


async def _settle(database: Database, provider: FulfillmentProvider, one: OpenRequest) -> bool:
    if one.action is not Action.CANCEL:
        return await give_up(database, provider, one.key, one.action, {})
    try:
        await provider.cancel_fulfillment(one.key, one.data)
    except DeliveryRefused as error:
        async with database.write() as tx:
            answer = {"error": str(error)}
            return await close_request(tx, one.key, one.action, State.FAILED, answer)
    except Exception as error:
        _log.error("no answer to a cancellation", provider=provider.id, key=one.key, exc_info=error)
        return False
    try:
        async with database.write() as tx:
            await finish_cancellation(tx, one.key)
    except MerxError as error:
        _log.error("cancellation not booked", provider=provider.id, key=one.key, exc_info=error)
        return False
    return True
