"""A checkout by Merx beside the statements it sends for it: `python -m benchmarks.own_sql`.

The floor of `make bench` (`floor_carts.py`) looks up the least that a hand-written checkout could
do with. Merx looks up what the contract asks for: who calls, the cart with all parts, prices with
their rules and lists, whether one may ship so, taxes by place. Here the ruler is that work: the
SELECTs that Merx sent for each step of a sale, with their values, and the floor's one statement
that writes the rows of the step; prepared, over one connection, in a transaction. What Merx takes
more is Python: HTTP, routing, validation, prices, taxes and totals.

Options: --times 100.
"""

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import uvloop

from benchmarks import server
from benchmarks.carts import STEPS, WHOLE, Till
from benchmarks.cpu import CPU, cpu_of_floor, cpu_of_merx
from benchmarks.floor import connect
from benchmarks.floor_carts import STOCK, CartFloor, Template
from benchmarks.sides import Sample
from benchmarks.wire import Answer, Connection, log_in
from merx.app import create_app
from merx.core.database import Database
from merx.settings import Settings

_SECRET = "only for the benchmark, and long enough"
_WRITES = re.compile(r"\b(INSERT INTO|UPDATE \w+ SET|UPDATE \w+ \w+ SET|DELETE FROM)\b")
_SESSION = re.compile(r"BEGIN|COMMIT|ROLLBACK|SET |SELECT set_config|SELECT current_setting")


class Asked(NamedTuple):
    """A statement and its values."""

    text: str
    values: tuple[Any, ...]


class Looks(NamedTuple):
    """What Merx reads for a step: up to its last write, and after it."""

    before: list[Asked]
    after: list[Asked]


class _InProcess:
    """The app in this process, called as `Connection` calls a server."""

    def __init__(self, app: Any, headers: dict[str, str]) -> None:
        transport = httpx.ASGITransport(app)
        self._client = httpx.AsyncClient(
            transport=transport, base_url="http://merx", headers=headers
        )

    async def call(self, method: str, path: str, body: Any) -> Answer:
        """Call a route that must succeed."""
        answer = await self._client.request(method, path, json=body)
        answer.raise_for_status()
        return Answer(answer.status_code, answer.content, 0)


class _Watched(Till):
    """A till in this process, whose statements are seen."""

    def __init__(self, till: Till, app: Any) -> None:
        super().__init__("watched", till._admin, till.url)
        self.variants, self.region_id = till.variants, till.region_id
        self.option_id, self.country = till.option_id, till.country
        self._store: Any = _InProcess(app, dict(till._store.headers))


class OwnFloor(CartFloor):
    """The floor with the SELECTs of Merx."""

    def __init__(self, connection: Any, template: Template, looks: dict[str, Looks]) -> None:
        super().__init__(connection, template, {})
        self._looks = looks

    async def step(self, name: str) -> bytes:
        """One step of the sale, in a transaction; the last thing that was read."""
        looks, template = self._looks[name], self._template
        async with self.connection.transaction():
            for one in looks.before:
                await self.connection.fetch(one.text, *self._own(one.values))
            if name == STEPS[-1]:
                await self.connection.execute(STOCK, template.order_id)
            await self.connection.execute(self._texts[name], template.cart_id, self._mark)
            read: list[Any] = []
            for one in looks.after:
                read = await self.connection.fetch(one.text, *self._own(one.values))
        return read[0][0] if read else b""

    def _own(self, values: Sequence[Any]) -> list[Any]:
        """The values, with the ids of this sale for those of the template."""
        ids = (self._template.cart_id, self._template.order_id)
        return [value + self._mark if value in ids else value for value in values]


async def _watch(till: Till, url: str) -> tuple[Template, dict[str, Looks]]:
    """A sale of Merx, and what it reads for each step."""
    seen: list[Asked] = []
    settings = Settings(
        database_url=url, jwt_secret=_SECRET, cookie_secret=_SECRET, relay=False, access_log=False
    )
    app = create_app(settings)
    app.state.database = Database(
        url, after_statement=lambda one: seen.append(Asked(one.query, tuple(one.args or ())))
    )
    looks: dict[str, Looks] = {}
    async with app.router.lifespan_context(app):
        watched = _Watched(till, app)
        # The first sale opens connections, which ask for the types of the database.
        for step in (*STEPS, *STEPS):
            seen.clear()
            await watched.step(step)
            looks[step] = _reads(seen)
    template = Template(
        watched.cart_id, watched.order_id, till.country, till.region_id, till.option_id
    )
    return template, looks


def _reads(seen: Sequence[Asked]) -> Looks:
    asked = [one for one in seen if not _SESSION.match(one.text.strip())]
    last = max((place for place, one in enumerate(asked) if _WRITES.search(one.text)), default=-1)
    reads = [(place, one) for place, one in enumerate(asked) if not _WRITES.search(one.text)]
    return Looks(
        [one for place, one in reads if place < last], [one for place, one in reads if place > last]
    )


async def _compare(till: Till, url: str, cpu: CPU, times: int) -> dict[str, list[list[Sample]]]:
    """Step → the samples of the statements and of Merx, taken in turns; a fifth warms up."""
    template, looks = await _watch(till, url)
    found: dict[str, list[list[Sample]]] = {step: [[], []] for step in (*STEPS, WHOLE)}
    database = Database(url, pool_size=1)
    await database.open()
    async with database.read() as connection:
        floor = await OwnFloor(connection, template, looks).open()
        bare = cpu_of_floor(connection)
        for turn in range(-times // 5, times):
            floor.begin()
            sale = [[await _bare(floor, step, bare), await till.step(step)] for step in STEPS]
            for step, pair in zip(STEPS, sale, strict=True) if turn >= 0 else ():
                for side, sample in zip(found[step], pair, strict=True):
                    side.append(sample)
            for place, side in enumerate(found[WHOLE] if turn >= 0 else ()):
                parts = [pair[place] for pair in sale]
                took, spent = sum(one.ms for one in parts), sum(one.cpu_ms for one in parts)
                side.append(Sample(took, 0, spent))
    await database.close()
    counts = [f"{step} {len(one.before) + len(one.after)}" for step, one in looks.items()]
    _say(f"… reads for each step: {', '.join(counts)}")
    return found


async def _bare(floor: CartFloor, step: str, cpu: CPU) -> Sample:
    await cpu.begin()
    started = time.perf_counter()
    body = await floor.step(step)
    return Sample((time.perf_counter() - started) * 1000, len(body), cpu.ms())


async def measure_own(folder: Path, times: int) -> None:
    """Print each step's medians, milliseconds and CPU, of the statements and of Merx."""
    async with server.running(folder) as shop:
        await server.add_user(folder)
        url = server.database_url(folder)
        merx = await Connection(shop.url).open()
        await log_in(merx, server.EMAIL, server.PASSWORD)
        database = await connect(url)
        cpu = cpu_of_merx(database, shop.pid)
        till = await Till("Merx", merx, shop.url, cpu).open()
        await database.execute("ANALYZE")
        found = await _compare(till, url, cpu, times)
        await till.close()
        await database.close()
        merx.close()
    _say(f"{'':18} {'statements':>10} {'Merx':>6} {'x':>5}   CPU {'':6} {'Merx':>6} {'x':>5}")
    for step, sides in found.items():
        took, spent = [
            [statistics.median(getattr(one, name) for one in side) for side in sides]
            for name in ("ms", "cpu_ms")
        ]
        _say(
            f"{step:18} {took[0]:10.2f} {took[1]:6.2f} {took[1] / took[0]:5.2f}"
            f"   {spent[0]:10.2f} {spent[1]:6.2f} {spent[1] / spent[0]:5.2f}"
        )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    """Measure in a temporary folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        uvloop.run(measure_own(Path(name), options.times))


if __name__ == "__main__":
    main()
