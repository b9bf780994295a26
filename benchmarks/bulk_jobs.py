"""`python -m benchmarks.bulk_jobs 1000000`: the time of a bulk job with that number of lines, and
the memory of the server that receives and runs it.

One line in a thousand is a product, 5 % are variants, 15 % prices, the rest stock levels.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx

from benchmarks import server

_VARIANTS = 50
# Then the job is canceled, and the progress is printed.
_MOST_SECONDS = 540


def rows(count: int, locations: list[str]) -> Iterator[dict[str, object]]:
    """The lines; adjacent ones have the same type."""
    products = max(1, count // 1000)
    skus = [f"S-{number}" for number in range(products * _VARIANTS)]
    sizes = [f"Size {number}" for number in range(_VARIANTS)]
    for number in range(products):
        yield {
            "op": "create", "type": "product", "external_id": f"P-{number}",
            "title": f"Product {number}", "handle": f"product-{number}",
            "options": [{"title": "Size", "values": sizes}],
        }  # fmt: skip
    for place, sku in enumerate(skus):
        yield {
            "op": "upsert", "type": "variant", "sku": sku,
            "product_external_id": f"P-{place // _VARIANTS}", "title": sizes[place % _VARIANTS],
            "create": {"options": {"Size": sizes[place % _VARIANTS]},
                       "prices": [{"currency_code": "usd", "amount": 10}]},
        }  # fmt: skip
    for code in ("eur", "gbp", "usd"):
        for place, sku in enumerate(skus):
            yield {
                "op": "upsert", "type": "price", "sku": sku, "currency_code": code,
                "amount": 10 + place % 90,
            }  # fmt: skip
    left = count - products - 4 * len(skus)
    for place in range(left):
        location = locations[place // len(skus) % len(locations)]
        yield {
            "op": "upsert", "type": "level", "item_sku": skus[place % len(skus)],
            "location_id": location, "stocked_quantity": place % 1000,
        }  # fmt: skip


async def measure(count: int) -> None:
    """Send the lines, wait for their job, and print the times."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with server.running(folder) as running:
            await server.add_user(folder)
            async with httpx.AsyncClient(base_url=running.url, timeout=600) as admin:
                login = {"email": server.EMAIL, "password": server.PASSWORD}
                token = (await admin.post("/auth/user/emailpass", json=login)).json()["token"]
                admin.headers["authorization"] = f"Bearer {token}"
                await _measure(admin, running, count)


async def _measure(admin: httpx.AsyncClient, running: server.Server, count: int) -> None:
    locations = [
        (await admin.post("/admin/stock-locations", json={"name": f"L {number}"})).json()[
            "stock_location"
        ]["id"]
        for number in range(20)
    ]

    async def body() -> AsyncIterator[bytes]:
        lines: list[bytes] = []
        for row in rows(count, locations):
            lines.append(json.dumps(row).encode() + b"\n")
            if len(lines) == 1000:
                yield b"".join(lines)
                lines.clear()
        yield b"".join(lines)

    _, before = running.memory()
    began = time.perf_counter()
    headers = {"content-type": "application/x-ndjson"}
    sent = await admin.post("/admin/bulk", content=body(), headers=headers)
    job = sent.json()["bulk_job"]
    _, taken = running.memory()
    print(f"{job['lines']:,} lines, {job['size'] / 1e6:.0f} MB, sent in "
          f"{time.perf_counter() - began:.1f} s; {before:.0f} MiB before, {taken:.0f} after",
          flush=True)  # fmt: skip
    began = told = time.perf_counter()
    while job["state"] in ("waiting", "running"):
        await asyncio.sleep(0.5)
        job = (await admin.get(f"/admin/bulk/{job['id']}")).json()["bulk_job"]
        if time.perf_counter() - began > _MOST_SECONDS:
            await admin.post(f"/admin/bulk/{job['id']}/cancel")
        if time.perf_counter() - told > 15:
            told = time.perf_counter()
            now, most = running.memory()
            print(f"  {told - began:4.0f} s: {job['done']:,} lines, {job['failed']} failed, "
                  f"{now:.0f} MiB, at most {most:.0f}", flush=True)  # fmt: skip
    seconds = time.perf_counter() - began
    size = 0
    async with admin.stream("GET", f"/admin/bulk/{job['id']}/results") as answer:
        async for chunk in answer.aiter_bytes():
            size += chunk.count(b"\n")
    print(f"{job['state']}: {job['succeeded']:,} written, {job['failed']:,} failed in {seconds:.0f}"
          f" s ({job['done'] / seconds:,.0f} lines/s); {size:,} results; at most"
          f" {running.memory()[1]:.0f} MiB", flush=True)  # fmt: skip


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
