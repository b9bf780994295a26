"""A process that is killed while a cart is being completed: before or after the provider acts."""

import asyncio
import sys
from pathlib import Path

from merx.core.database import Database
from merx.workflows.orders.complete_carts import complete_cart
from tests.factories.outside_payment import OutsidePayment
from tests.factories.payments import till_of


async def main(url: str, folder: str, mood: str, cart_id: str) -> None:
    database = Database(url)
    await database.open()
    await complete_cart(till_of(database, OutsidePayment(Path(folder), mood)), cart_id)


asyncio.run(main(*sys.argv[1:]))
