"""Measures the cost of the audit log: two servers on one database, one with the log disabled.

`python -m benchmarks.audit [PAIRS]`. The servers alternate. The result is the median of the ratios
of all pairs, so that other load on the machine affects both equally.
"""

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import goods, server
from benchmarks.cpu import CPU, cpu_of_merx
from benchmarks.floor import connect, new_id
from benchmarks.sides import OverHTTP, Sample, Shelf, second_shelf
from benchmarks.wire import Connection, log_in

_ROWS = ("create 1 variant", "change 1 price", "set 1 level")
_MANY, _MANY_PAIRS = 100, 3
_VACUUM = "VACUUM product_variant, price, price_set, inventory_item, product_variant_inventory_item"


class Changes:
    """One server, with its own products to change."""

    def __init__(self, name: str, connection: Connection, cpu: CPU) -> None:
        self._name, self._connection, self._cpu = name, connection, cpu
        self._turn = 0

    async def open(self) -> "Changes":
        """Create the rows to change."""
        mark = new_id(self._name)
        shelf = await second_shelf(self._connection, mark, Shelf("", "", "", ""))
        self.side = OverHTTP(self._name, self._connection, shelf, self._cpu)
        path = f"/admin/products/{shelf.small}/variants"
        [variant] = (await self._connection.call("GET", path)).json()["variants"]
        self._variant = f"{path}/{variant['id']}?fields=id"
        self._prices = [price["id"] for price in variant["prices"]]
        place = await self._connection.call("POST", "/admin/stock-locations", {"name": mark})
        item = await self._connection.call("POST", "/admin/inventory-items", {"sku": mark})
        levels = f"/admin/inventory-items/{item.json()['inventory_item']['id']}/location-levels"
        level = {"location_id": place.json()["stock_location"]["id"], "stocked_quantity": 0}
        await self._connection.call("POST", levels, level)
        self._level = f"{levels}/{level['location_id']}"
        return self

    async def work(self, row: str) -> Sample:
        """One change of a benchmark row."""
        self._turn += 1
        if row == "create 1 variant":
            return await self.side.create_one()
        if row == "set 1 level":
            return await self._ask(self._level, {"stocked_quantity": self._turn})
        amounts = zip(self._prices, goods.prices(), strict=True)
        prices = [{"id": of, **price, "amount": self._turn} for of, price in amounts]
        return await self._ask(self._variant, {"prices": prices[:1]})

    async def _ask(self, path: str, body: object) -> Sample:
        await self._cpu.begin()
        answer = await self._connection.call("POST", path, body)
        return Sample(answer.ms, len(answer.body), self._cpu.ms())


Pairs = dict[str, list[tuple[Sample, Sample]]]


async def _measure(bare: Any, sides: Sequence[Changes], pairs: int) -> Pairs:
    table: Pairs = {}
    for turn in range(pairs):
        # The second one may profit from warm caches, so the order alternates too.
        order = sides if turn % 2 else sides[::-1]
        for row in _ROWS:
            of = {side: await side.work(row) for side in order}
            if turn > 1:
                table.setdefault(row, []).append((of[sides[0]], of[sides[1]]))
        if turn % _MANY_PAIRS:
            continue
        # Dead rows would slow the next measurement down until autovacuum runs.
        await bare.execute(_VACUUM)
        cycles = {side: await side.side.cycle(_MANY) for side in order}
        for work in cycles[sides[0]] if turn else ():
            both = cycles[sides[0]][work], cycles[sides[1]][work]
            table.setdefault(f"batch {work} {_MANY}", []).append(both)
    return table


async def _run(folder: Path, pairs: int) -> Pairs:
    (folder / "on").mkdir()
    (folder / "off").mkdir()
    async with server.running(folder / "on", MERX_AUDIT="true") as on:
        await server.add_user(folder / "on")
        url = server.database_url(folder / "on")
        async with server.running(folder / "off", MERX_AUDIT="false", MERX_DATABASE_URL=url) as off:
            bare = await connect(url)
            sides: list[Changes] = []
            for name, shop in (("off", off), ("on", on)):
                connection = await Connection(shop.url).open()
                await log_in(connection, server.EMAIL, server.PASSWORD)
                sides.append(await Changes(name, connection, cpu_of_merx(bare, shop.pid)).open())
            await bare.execute("ANALYZE")
            table = await _measure(bare, sides, pairs)
            await bare.close()
            return table


def main() -> None:
    """Measure and print."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(prefix="merx-bench-") as name:
        table = uvloop.run(_run(Path(name), pairs))
    print(f"{'':<18} {'pairs':>5} {'off ms':>8} {'on ms':>8} {'time':>6} {'off CPU':>8} {'CPU':>6}")
    for row, found in table.items():
        off, on = ([pair[place] for pair in found] for place in (0, 1))
        time = statistics.median(b.ms / a.ms for a, b in found)
        cpu = statistics.median(b.cpu_ms / a.cpu_ms for a, b in found)
        print(
            f"{row:<18} {len(found):>5} {_ms(off):>8.2f} {_ms(on):>8.2f} {time:>6.2f}"
            f" {statistics.median(one.cpu_ms for one in off):>8.2f} {cpu:>6.2f}"
        )


def _ms(samples: Sequence[Sample]) -> float:
    return statistics.median(sample.ms for sample in samples)


if __name__ == "__main__":
    main()
