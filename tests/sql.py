"""One statement on a database, for tests outside the event loop."""

import asyncio
from typing import Any

import asyncpg


def fetch_value(url: str, statement: str) -> Any:
    """The first value of what a statement returns."""

    async def fetch() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(fetch())
