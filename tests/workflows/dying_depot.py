"""A process that is killed while goods are handed over or taken back: before or after the carrier
acts, and in both cases before anything of it is committed here."""

import asyncio
import sys
from pathlib import Path

from merx.core.database import Database
from merx.modules.order.order_schemas import FulfillOrder
from merx.workflows.delivery.fulfillments import ask_to_cancel, handed_over
from merx.workflows.orders.fulfillments import (
    finish_cancellation,
    fulfill_order,
    plan_fulfillment,
)
from tests.factories.outside_carrier import OutsideCarrier


async def fulfill(database: Database, carrier: OutsideCarrier, order_id: str, body: str) -> None:
    async with database.read() as tx:
        plan = await plan_fulfillment(tx, order_id, FulfillOrder.model_validate_json(body))
    async with (
        handed_over(database, {carrier.id: carrier}, plan.wanted, order_id=order_id) as handed,
        database.write() as tx,
    ):
        await fulfill_order(tx, plan, handed)


async def cancel(database: Database, carrier: OutsideCarrier, fulfillment_id: str) -> None:
    await ask_to_cancel(database, {carrier.id: carrier}, fulfillment_id)
    async with database.write() as tx:
        await finish_cancellation(tx, fulfillment_id)


async def main(url: str, folder: str, mood: str, what: str, *given: str) -> None:
    database = Database(url)
    await database.open()
    carrier = OutsideCarrier(Path(folder), mood)
    await {"fulfill": fulfill, "cancel": cancel}[what](database, carrier, *given)


asyncio.run(main(*sys.argv[1:]))
