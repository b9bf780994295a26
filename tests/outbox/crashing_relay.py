"""A process that is killed after it handled an event and before it could say so."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from merx.core.database import Database
from merx.outbox import Event, Relay, Subscriber


async def die(event: Event, _: Database) -> None:
    Path(sys.argv[2]).write_text(" ".join(event.ids))  # noqa: ASYNC240 - nothing else runs here
    os.kill(os.getpid(), signal.SIGKILL)


async def main() -> None:
    database = Database(sys.argv[1])
    await database.open()
    await Relay(database, [Subscriber("a", ("*",), die)]).run()


asyncio.run(main())
