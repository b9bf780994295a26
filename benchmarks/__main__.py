"""`python -m benchmarks`: builds a shop in a temporary folder, measures, prints.

Options: --quick (fewer repetitions), --sizes 1,10,100,1000, --catalogue 100000 (products of the
catalogue whose reads are measured), --shop FOLDER (keeps the catalogue for the next run, and
measures nothing else), --carts and --window (only carts, only the pages of a storefront),
--json FILE. With REFERENCE_URL
(REFERENCE_EMAIL, REFERENCE_PASSWORD) the reference server is measured in the same run; at 1,000
rows it needs about two minutes. With --shop it gets a catalogue of the same size through its
database, REFERENCE_DATABASE_URL, which should be used for nothing else.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import report, server
from benchmarks.carts import Till, measure_carts
from benchmarks.catalogue import measure_catalogue
from benchmarks.check import check_floor
from benchmarks.cpu import cpu_of_merx, cpu_of_nobody
from benchmarks.floor import connect, new_id
from benchmarks.measure import Table, measure
from benchmarks.multiply import URL_NAME, multiply
from benchmarks.own_sql import own_statements
from benchmarks.plans import measure_plans, measure_state
from benchmarks.prices import fill_sale, fill_storefront_sale
from benchmarks.pricing import Pricing, measure_pricing
from benchmarks.rush import Rush, measure_rush, sell_out
from benchmarks.shelves import Storefront, fill_storefront
from benchmarks.sides import OnSQL, OverHTTP, Shelf, Side, fill_shelf, second_shelf
from benchmarks.statements import count_statements, set_for_all
from benchmarks.stock import Stockroom, measure_stock
from benchmarks.throughput import measure_throughput
from benchmarks.window import Window, measure_large, measure_small
from benchmarks.wire import Connection, log_in

_SECONDS = 3.0


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def _sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a third of the repetitions")
    parser.add_argument("--sizes", type=_sizes, default=[1, 10, 100, 1000], help="rows of a batch")
    parser.add_argument("--catalogue", type=int, default=2000, help="products of the catalogue")
    parser.add_argument("--shop", type=Path, metavar="FOLDER", help="keep the catalogue there")
    parser.add_argument("--carts", action="store_true", help="measure carts and checkout alone")
    parser.add_argument("--window", action="store_true", help="measure a storefront's pages alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    return parser.parse_args()


@dataclass(slots=True)
class _Prepared:
    """Results of the first run: products to work on, statement counts, the first plans."""

    start_seconds: float
    merx: Shelf
    floor: Shelf
    plans: dict[str, float]
    statements: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class _Other:
    """Another server: a connection to it, its address, and a prefix for the rows created on it."""

    connection: Connection
    url: str
    mark: str


async def _prepare(options: argparse.Namespace, folder: Path) -> _Prepared:
    _say("first start, a new shop")
    async with server.running(folder, MERX_RELAY="false") as shop:
        await server.add_user(folder)
        merx = await Connection(shop.url).open()
        await log_in(merx, server.EMAIL, server.PASSWORD)
        bare = await connect(server.database_url(folder))
        await set_for_all(bare, "autovacuum", "off")
        # Plans are made while the tables are almost empty, and are cached in the server's sessions.
        await fill_shelf(merx, "none", listed=2, large=2)
        shelf = await fill_shelf(merx, "merx")
        sale = await fill_sale(merx, "merx", partial(_register, bare))
        shelf = replace(shelf, buyer=sale)
        own = await second_shelf(merx, "floor", shelf)
        plans = await measure_state(OverHTTP("Merx", merx, shelf, cpu_of_merx(bare, shop.pid)))
        _say("statements")
        counts = await count_statements(merx, shop.url, bare, folder, shelf, options.sizes)
        await set_for_all(bare, "autovacuum", None)
        await bare.close()
        merx.close()
        return _Prepared(shop.start_seconds, shelf, own, plans, counts)


async def _run(options: argparse.Namespace, folder: Path) -> report.Results:
    catalogue = await measure_catalogue(
        folder / "catalogue", options.catalogue, options.quick, _say
    )
    windows = [
        await _window(options, folder),
        await measure_large(folder / "catalogue", options.catalogue, options.quick, _say),
    ]
    (folder / "carts").mkdir()
    carts, rush, pricing = await _carts(options, folder / "carts")
    prepared = await _prepare(options, folder)
    _say("second start")
    async with server.running(folder) as shop:
        merx = await Connection(shop.url).open()
        await log_in(merx, server.EMAIL, server.PASSWORD)
        idle, _ = shop.memory()
        url = server.database_url(folder)
        bare = await connect(url)
        await bare.execute("ANALYZE")
        floor = OnSQL(bare, prepared.floor)
        await check_floor(floor, merx, prepared.floor, prepared.merx)
        measured = OverHTTP("Merx", merx, prepared.merx, cpu_of_merx(bare, shop.pid))
        others = await _reference()
        sides: list[Side] = [floor, measured]
        rooms = [await Stockroom("Merx", merx).open()]
        for other in others:
            sides.append(await _fill(other))
            rooms.append(await Stockroom("reference", other.connection).open())
        table = await measure(sides, options.sizes, options.quick, _say)
        table |= await measure_stock(rooms, options.quick, _say)
        _say("throughput")
        seconds = _SECONDS / 3 if options.quick else _SECONDS
        rates = await measure_throughput(merx, shop.url, url, prepared.merx, seconds)
        now, most = shop.memory()
        _say("plans with and without statistics")
        plans = await measure_plans(bare, measured)
        return report.Results(
            machine=_machine(await bare.fetchval("SHOW server_version")),
            load=os.getloadavg()[0],
            health_ms=await _health(merx),
            table=table,
            catalogue=catalogue,
            windows=windows,
            carts=carts,
            rush=rush,
            pricing=pricing,
            statements=prepared.statements,
            plans={row: {"just filled": prepared.plans[row], **plans[row]} for row in plans},
            rates=rates,
            first_start_seconds=prepared.start_seconds,
            start_seconds=shop.start_seconds,
            memory={"idle": idle, "after the run": now, "at most": most},
        )


async def _window(options: argparse.Namespace, folder: Path) -> Window:
    """A storefront's pages, in a separate shop."""
    (folder / "window").mkdir()
    others = [(other.connection, other.url, other.mark) for other in await _reference()]
    return await measure_small(folder / "window", options.quick, _say, others)


async def _kept(options: argparse.Namespace) -> None:
    """Only the large catalogue, in the folder where it is kept."""
    folder, products, quick = options.shop, options.catalogue, options.quick
    report.show_catalogue(await measure_catalogue(folder, products, quick, _say))
    reference = await _reference() if URL_NAME in os.environ else []
    others = [await _multiplied(other, products) for other in reference]
    report.show_window(await measure_large(folder, products, quick, _say, others))


async def _multiplied(other: _Other, products: int) -> Storefront:
    """A storefront of the reference with that many products in one channel."""
    front = await fill_storefront(other.connection, other.url, f"window-{other.mark}")
    # The server ends connections that are idle for so long.
    other.connection.close()
    front.connection.close()
    await multiply(os.environ[URL_NAME], front.channel_id, products, _say)
    connection = await Connection(other.url).open()
    connection.headers["x-publishable-api-key"] = front.connection.headers["x-publishable-api-key"]
    return replace(front, connection=connection)


async def _carts(options: argparse.Namespace, folder: Path) -> tuple[Table, Rush, Pricing]:
    """Carts and checkout, in a separate shop."""
    async with server.running(folder) as shop:
        await server.add_user(folder)
        merx = await Connection(shop.url).open()
        await log_in(merx, server.EMAIL, server.PASSWORD)
        bare = await connect(server.database_url(folder))
        cpu = cpu_of_merx(bare, shop.pid)
        tills = [await Till("Merx", merx, shop.url, cpu).open()]
        tills += [
            await Till("reference", other.connection, other.url).open()
            for other in await _reference()
        ]
        await bare.execute("ANALYZE")
        try:
            async with own_statements(tills[0], server.database_url(folder)) as own:
                table = await measure_carts(tills, bare, own, options.quick, _say)
            _say("64 shoppers")
            rush = await measure_rush(tills[0], cpu, _SECONDS * (1 if options.quick else 4))
        finally:
            for till in tills:
                await till.close()
        pieces, sold = await sell_out(merx, shop.url)
        _say("200 promotions")
        pricing = await measure_pricing(server.database_url(folder))
        await bare.close()
    async with server.running(folder, MERX_WORKERS="2") as shop:
        _say("64 shoppers, two workers")
        merx = await Connection(shop.url).open()
        await log_in(merx, server.EMAIL, server.PASSWORD)
        till = await Till("Merx", merx, shop.url).open()
        two = await measure_rush(till, cpu_of_nobody(), _SECONDS * (1 if options.quick else 4))
        await till.close()
    return table, replace(rush, pieces=pieces, sold=sold, by_two=two.orders_per_second), pricing


async def _reference() -> list[_Other]:
    """The reference, if it is measured."""
    url = os.environ.get("REFERENCE_URL")
    if not url:
        return []
    _say(f"the reference at {url}")
    connection = await Connection(url).open()
    email = os.environ.get("REFERENCE_EMAIL", "admin@test.com")
    await log_in(connection, email, os.environ.get("REFERENCE_PASSWORD", "supersecret"))
    return [_Other(connection, url, f"reference-{os.getpid()}")]


async def _fill(other: _Other) -> OverHTTP:
    """The side of another server, with products and price lists to work on."""
    shelf = await fill_shelf(other.connection, other.mark)
    _say("its price lists")
    sale = await fill_storefront_sale(other.connection, other.url, other.mark)
    return OverHTTP("reference", other.connection, replace(shelf, buyer=sale))


async def _register(bare: Any) -> str:
    """A customer of Merx."""
    return await bare.fetchval(
        "INSERT INTO customer (id, email) VALUES ($1, 'buyer@example.com') RETURNING id",
        new_id("cus"),
    )


async def _health(connection: Connection) -> float:
    return statistics.median([(await connection.call("GET", "/health")).ms for _ in range(200)])


def _machine(version: str) -> str:
    return (
        f"{os.cpu_count()} CPUs, {platform.machine()}, {platform.system()}, PostgreSQL {version},"
        f" Python {platform.python_version()}; one worker"
    )


def main() -> None:
    """Measure and print."""
    options = _options()
    if options.shop:
        options.shop = options.shop.absolute()
        options.shop.mkdir(parents=True, exist_ok=True)
        uvloop.run(_kept(options))
        return
    with tempfile.TemporaryDirectory(prefix="merx-bench-") as name:
        if options.carts:
            report.show_carts(*uvloop.run(_carts(options, Path(name))))
            return
        if options.window:
            report.show_window(uvloop.run(_window(options, Path(name))))
            return
        (Path(name) / "catalogue").mkdir()
        results = uvloop.run(_run(options, Path(name)))
    report.show(results)
    if options.json:
        report.write(results, options.json)


if __name__ == "__main__":
    main()
