"""Records a Medusa shop for the tests: python -m tests.moving.record DATABASE_URL URL KEYS.json

KEYS.json names a secret and a publishable key of the shop: {"sk": "sk_…", "pk": "pk_…"}.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from merx.operations.moving.compare import RESOURCES
from merx.operations.moving.differences import WORKINGS
from merx.operations.moving.source import count_rows, read_columns
from tests.moving.medusa import RECORDED


async def read_tables(url: str) -> dict[str, Any]:
    """Every table with its columns and rows; of the server's workings none."""
    connection = await asyncpg.connect(url)
    try:
        return {
            name: {
                "columns": columns,
                "rows": json.loads(
                    await connection.fetchval(
                        f"SELECT coalesce(json_agg(t ORDER BY t::text), '[]') FROM \"{name}\" t"
                    )
                )
                if await count_rows(connection, name)
                else [],
            }
            for name, columns in sorted((await read_columns(connection)).items())
            if name not in WORKINGS
        }
    finally:
        await connection.close()


def read_answers(url: str, keys: dict[str, str], carts: list[str]) -> dict[str, Any]:
    """The lists of the admin, each row of some of them, and the carts."""
    answers: dict[str, Any] = {}
    with httpx.Client(base_url=url, auth=(keys["sk"], ""), timeout=60) as client:
        for resource in RESOURCES:
            order = "code" if resource == "currencies" else "id"
            limit = 5 if resource == "currencies" else 100
            path = f"/admin/{resource}?limit={limit}&offset=0&order={order}"
            answers[path] = client.get(path).json()
            if resource in ("orders", "products", "promotions", "shipping-options", "regions"):
                rows = next(value for value in answers[path].values() if isinstance(value, list))
                for row in rows[:12]:
                    alone = f"/admin/{resource}/{row['id']}"
                    answers[alone] = client.get(alone).json()
    store = {"x-publishable-api-key": keys["pk"]}
    with httpx.Client(base_url=url, headers=store, timeout=60) as client:
        for cart in carts:
            answers[f"/store/carts/{cart}"] = client.get(f"/store/carts/{cart}").json()
    return answers


def main() -> None:
    """Write the file."""
    database, url, keys_file = sys.argv[1:]
    keys = json.loads(Path(keys_file).read_text())
    tables = asyncio.run(read_tables(database))
    carts = sorted(row["id"] for row in tables["cart"]["rows"])
    shop = {"keys": keys, "tables": tables, "answers": read_answers(url, keys, carts)}
    RECORDED.write_text(json.dumps(shop, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
