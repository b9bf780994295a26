"""A process that sends to webhooks until it is killed."""

import asyncio
import sys

from merx.core.database import Database
from merx.modules.webhook.sending import Sender
from merx.providers.public_web import Networks


async def main() -> None:
    database = Database(sys.argv[1])
    await database.open()
    await Sender(Networks("127.0.0.1"), 12).run(database)


asyncio.run(main())
