"""A Medusa shop's database, as it was: tables, rows, and what the shop answered.

`shop.json` is written by `python -m tests.moving.record` from a running reference server.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg

RECORDED = Path(__file__).with_name("shop.json")


@cache
def shop() -> dict[str, Any]:
    """`tables`: columns and rows · `answers`: by path · `key`, `publishable_key`, log-ins."""
    return json.loads(RECORDED.read_text())


async def build(url: str) -> None:
    """Make the recorded database."""
    connection = await asyncpg.connect(url)
    try:
        for name, table in shop()["tables"].items():
            columns = ", ".join(f'"{column}" {kind}' for column, kind in table["columns"].items())
            await connection.execute(f'CREATE TABLE "{name}" ({columns})')
            await connection.execute(
                f'INSERT INTO "{name}" SELECT * FROM json_populate_recordset(NULL::"{name}", $1)',
                json.dumps(table["rows"]),
            )
    finally:
        await connection.close()
