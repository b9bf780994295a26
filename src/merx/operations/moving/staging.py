"""Copies of the other shop's tables, unchanged, in the schema `moving`: streamed by COPY."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

from merx.operations.moving.differences import LOOKED_UP
from merx.operations.moving.source import Connection

_BUFFERS = 32


async def stage(
    source: Connection, target: Connection, table: str, columns: Mapping[str, str]
) -> int:
    """Copy a table; returns its number of rows. Runs in the caller's transaction."""
    await target.execute(f'DROP TABLE IF EXISTS moving."{table}"')
    made = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    await target.execute(f'CREATE UNLOGGED TABLE moving."{table}" ({made})')
    asked = ", ".join(f'"{name}"::{kind}' for name, kind in columns.items())
    # Buffer a few chunks, so that neither side waits for the other each time.
    pieces: asyncio.Queue[bytes | None] = asyncio.Queue(_BUFFERS)

    async def read() -> None:
        try:
            query = f'SELECT {asked} FROM public."{table}"'
            await source.copy_from_query(query, output=pieces.put, format="binary")
        finally:
            await pieces.put(None)

    async def write() -> str:
        return await target.copy_to_table(
            table, schema_name="moving", source=_all(pieces), format="binary"
        )

    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        writing = group.create_task(write())
    for place, (name, column) in enumerate(LOOKED_UP):
        if name == table:
            await target.execute(f'CREATE INDEX "at_{place}" ON moving."{table}" ({column})')
    await target.execute(f'ANALYZE moving."{table}"')
    return int(writing.result().split()[-1])


async def _all(pieces: "asyncio.Queue[bytes | None]") -> AsyncGenerator[bytes]:
    while (piece := await pieces.get()) is not None:
        yield piece
