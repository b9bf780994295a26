"""The pages of a storefront, for a guest: a shop of 20 products created through the API, where the
reference is measured too, and a large one created by `merx seed --size large`. The floor must
return the same response before it is measured.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from benchmarks import server
from benchmarks.cpu import CPU, cpu_of_floor, cpu_of_merx, cpu_of_nobody
from benchmarks.floor import connect
from benchmarks.floor_window import CHANNELS, page_sql
from benchmarks.measure import PATIENCE_MS, Series, Table
from benchmarks.shelves import PRODUCTS, Storefront, fill_storefront, open_storefront
from benchmarks.sides import Sample
from benchmarks.statements import Counted, logged
from benchmarks.wire import Connection, log_in

CONNECTIONS = 64
WORKERS = 2
_TIMES = 30
_LOADED = ("list 12", "product by handle", "search")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Load:
    """Concurrent storefronts, each with one request at a time; `refused` counts the requests that
    a busy server rejected."""

    requests_per_second: float
    refused: int
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Window:
    """The results of one shop: times, the statements of each page, and the pages under load."""

    products: int
    table: Table
    statements: Mapping[str, int]
    loads: Mapping[str, Load]


@dataclass(slots=True)
class _Side:
    name: str
    cpu: CPU
    ask: Callable[[str], Any]


async def measure_small(
    folder: Path, quick: bool, say: Say, others: Sequence[tuple[Connection, str, str]]
) -> Window:
    """20 products; `others` are admin connections, addresses and prefixes."""
    async with server.running(folder, MERX_RELAY="false") as shop:
        await server.add_user(folder)
        admin = await Connection(shop.url).open()
        await log_in(admin, server.EMAIL, server.PASSWORD)
        front = await fill_storefront(admin, shop.url, "window")
        more: list[Storefront] = []
        for connection, url, mark in others:
            say("the reference's storefront")
            more.append(await fill_storefront(connection, url, f"window-{mark}"))
        table, statements = await _alone(folder, shop, front, more, quick, say)
        admin.close()
    return Window(PRODUCTS, table, statements, await _loads(folder, front, quick, say))


async def measure_large(
    folder: Path, products: int, quick: bool, say: Say, others: Sequence[Storefront] = ()
) -> Window:
    """The shop in the folder, which has its user and that number of products; `others` are
    storefronts of shops of the same size.
    """
    async with server.running(folder, MERX_RELAY="false") as shop:
        admin = await Connection(shop.url).open()
        await log_in(admin, server.EMAIL, server.PASSWORD)
        bare = await connect(server.database_url(folder))
        found: Any = await bare.fetchrow(_MIDDLE, products // 2)
        await bare.close()
        mark = f"window {time.time_ns()}"
        connection, region = await open_storefront(admin, shop.url, mark, found["channel_id"])
        front = Storefront(connection, region, *found)
        table, statements = await _alone(folder, shop, front, others, quick, say)
        admin.close()
    return Window(products, table, statements, await _loads(folder, front, quick, say))


# A product from the middle, with its category, channel and names.
_MIDDLE = """
SELECT c.product_category_id AS category_id, s.sales_channel_id AS channel_id, p.handle,
  (SELECT v.sku FROM product_variant v WHERE v.product_id = p.id ORDER BY v.id LIMIT 1) AS word
FROM (SELECT * FROM product WHERE deleted_at IS NULL AND status = 'published'
  ORDER BY id LIMIT 1 OFFSET $1) p
JOIN product_category_product c ON c.product_id = p.id
JOIN product_sales_channel s ON s.product_id = p.id"""


async def _alone(
    folder: Path,
    shop: server.Server,
    front: Storefront,
    more: Sequence[Storefront],
    quick: bool,
    say: Say,
) -> tuple[Table, Mapping[str, int]]:
    """One storefront; the sides take turns."""
    bare = await connect(server.database_url(folder))
    await bare.execute("ANALYZE")
    sides = [
        _Side("floor", cpu_of_floor(bare), lambda row: _bare(bare, front, row)),
        _Side("Merx", cpu_of_merx(bare, shop.pid), lambda row: _asked(front, row)),
        *(_Side("reference", cpu_of_nobody(), lambda row, o=o: _asked(o, row)) for o in more),
    ]
    table: Table = {}
    for row in front.paths():
        say(f"{row}, by a storefront")
        await _check(bare, front, row)
        slow: set[str] = set()
        for turn in range((_TIMES // 3 if quick else _TIMES) + 6):
            for side in sides:
                if side.name in slow:
                    continue
                await side.cpu.begin()
                sample = await side.ask(row)
                if sample.ms > PATIENCE_MS:  # Asked once.
                    slow.add(side.name)
                if turn > 5 or side.name in slow:  # A plan is kept from the sixth time on.
                    series = table.setdefault(row, {}).setdefault(side.name, Series())
                    series.samples.append(sample._replace(cpu_ms=side.cpu.ms()))
    statements = await _count(bare, folder, shop.url, front)
    await bare.close()
    return table, statements


async def _asked(front: Storefront, row: str) -> Sample:
    answer = await front.connection.call("GET", front.paths()[row])
    return Sample(answer.ms, len(answer.body))


async def _bare(bare: Any, front: Storefront, row: str) -> Sample:
    token = front.connection.headers["x-publishable-api-key"]
    started = time.perf_counter()
    key = await bare.fetchrow(CHANNELS, token)
    region, _, *asked = _values(front, row)
    page, _ = await bare.fetchrow(page_sql(row), region, key["channels"][0], *asked)
    return Sample((time.perf_counter() - started) * 1000, len(page))


def _values(front: Storefront, row: str) -> tuple[str, ...]:
    asked = {
        "product by handle": (front.handle,),
        "category page": (front.category_id,),
        "search": (f"%{front.word}%",),
    }
    return (front.region_id, front.channel_id, *asked.get(row, ()))


async def _check(bare: Any, front: Storefront, row: str) -> None:
    page, count = await bare.fetchrow(page_sql(row), *_values(front, row))
    answer = (await front.connection.call("GET", front.paths()[row])).json()
    if not count or (answer["count"], answer["products"]) != (count, orjson.loads(page)):
        raise RuntimeError(f"The floor is not the same work: {row}")


async def _count(bare: Any, folder: Path, url: str, front: Storefront) -> dict[str, int]:
    """Row → statements, including the look-up of the key."""
    counted = Counted(url)
    counted.headers = front.connection.headers
    counted.log = folder / "postgres" / "postgres.log"
    await counted.open()
    async with logged(bare):
        found = {
            # The minimum of three, because background work of the server may be counted too.
            row: min([(await counted.call("GET", path)).statements for _ in range(3)])
            for row, path in front.paths().items()
        }
    counted.close()
    return found


async def _loads(folder: Path, front: Storefront, quick: bool, say: Say) -> dict[str, Load]:
    """The pages under 64 concurrent storefronts, with two workers."""
    found: dict[str, Load] = {}
    async with server.running(folder, MERX_RELAY="false", MERX_WORKERS=str(WORKERS)) as shop:
        connections = [Connection(shop.url) for _ in range(CONNECTIONS)]
        for connection in connections:
            connection.headers |= {
                name: text for name, text in front.connection.headers.items() if name != "host"
            }
            await connection.open()
        moved = replace(front, connection=connections[0])
        for row in _LOADED:
            say(f"{row}, by {CONNECTIONS} storefronts at once")
            request = connections[0].prepare("GET", moved.paths()[row])
            await _until(connections, request, 1)
            found[row] = await _until(connections, request, 3 if quick else 10)
        for connection in connections:
            connection.close()
    return found


async def _until(connections: Sequence[Connection], request: bytes, seconds: float) -> Load:
    times: list[float] = []
    refused = 0
    started = time.perf_counter()

    async def shop(connection: Connection) -> None:
        nonlocal refused
        while time.perf_counter() < started + seconds:
            answer = await connection.send(request)
            if answer.status == 200:
                times.append(answer.ms)
            elif answer.status == 503:
                refused += 1
                await asyncio.sleep(0.1)
            else:
                raise RuntimeError(f"A page answered {answer.status}")

    await asyncio.gather(*map(shop, connections))
    passed = time.perf_counter() - started
    times.sort()
    middle, slow = (times[len(times) * part // 100] if times else 0.0 for part in (50, 99))
    return Load(len(times) / passed, refused, middle, slow)
