"""Requests per second over one and over eight connections, for Merx and for the floor.

All clients run in one process. With eight connections its own CPU time matters, more for the floor
than for Merx, which works in other processes.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

from benchmarks import goods
from benchmarks.floor import Floor, connect, new_id, variant_rows
from benchmarks.sides import Shelf
from benchmarks.wire import Connection

CONNECTIONS = (1, 8)
Work = Callable[[], Awaitable[object]]
# Row → number of connections → side → requests per second.
Rates = dict[str, dict[int, dict[str, float]]]
GET, CREATE = "get a product with 1 variant", "create 1 variant (fields=id)"


async def measure_throughput(
    merx: Connection, url: str, database_url: str, shelf: Shelf, seconds: float
) -> Rates:
    """Merx and the floor in turn, `seconds` each."""
    rates: Rates = {GET: {}, CREATE: {}}
    for count in CONNECTIONS:
        connections = [await _another(merx, url) for _ in range(count)]
        floors = [Floor(await connect(database_url)) for _ in range(count)]
        gets = [_get(connection, shelf) for connection in connections]
        rates[GET][count] = {
            "floor": await _rate([_bare_get(floor, shelf) for floor in floors], seconds),
            "Merx": await _rate(gets, seconds),
        }
        rates[CREATE][count] = {
            "floor": await _rate([await _bare_create(one, merx) for one in floors], seconds),
            "Merx": await _rate([await _create(one) for one in connections], seconds),
        }
        for connection in connections:
            connection.close()
        for floor in floors:
            await floor.connection.close()
    return rates


async def _rate(works: Sequence[Work], seconds: float) -> float:
    for work in works:
        await work()
    started = time.perf_counter()
    counts = await asyncio.gather(*(_until(work, started + seconds) for work in works))
    return sum(counts) / (time.perf_counter() - started)


async def _until(work: Work, end: float) -> int:
    for count in itertools.count():
        if time.perf_counter() >= end:
            return count
        await work()
    raise AssertionError


async def _another(connection: Connection, url: str) -> Connection:
    other = Connection(url)
    other.headers = connection.headers
    return await other.open()


def _get(connection: Connection, shelf: Shelf) -> Work:
    request = connection.prepare("GET", f"/admin/products/{shelf.single}")
    return lambda: connection.send(request)


def _bare_get(floor: Floor, shelf: Shelf) -> Work:
    return lambda: floor.get_product(shelf.single)


async def _create(connection: Connection) -> Work:
    products = [await _wide_product(connection) for _ in range(3)]
    bodies = _bodies(products)

    async def create() -> object:
        product_id, body = next(bodies)
        path = f"/admin/products/{product_id}/variants?fields=id"
        return await connection.call("POST", path, body)

    return create


async def _bare_create(floor: Floor, connection: Connection) -> Work:
    products = [await _wide_product(connection) for _ in range(3)]
    bodies = _bodies(products)
    values = {product_id: await floor.offered_values(product_id) for product_id in products}

    async def create() -> object:
        product_id, body = next(bodies)
        rows = variant_rows([body], values[product_id])
        return await floor.create_variants(product_id, rows, lambda: floor.get_id(product_id))

    return create


async def _wide_product(connection: Connection) -> str:
    body = goods.product(new_id("busy"))
    answer = await connection.call("POST", "/admin/products?fields=id", body)
    return answer.json()["product"]["id"]


def _bodies(products: Sequence[str]) -> Iterator[tuple[str, goods.Body]]:
    for product_id in products:
        for combination in goods.COMBINATIONS[: goods.MOST]:
            yield product_id, goods.variant(combination, new_id("busy"))
