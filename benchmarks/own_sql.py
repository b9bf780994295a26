"""The statements of a checkout by Merx, without Merx: the bare SQL of the same work, a side of
`make bench`.

The floor (`floor_carts.py`) looks up the least that a hand-written checkout could do with. Merx
looks up what the contract asks for: who calls, the cart with all parts, prices with their rules and
lists, whether one may ship so, taxes by place. Here the ruler is that work: the SELECTs that Merx
sent for each step of a sale, with their values, and the floor's one statement that writes the rows
of the step; prepared, over one connection, in a transaction. What Merx takes more is Python: HTTP,
routing, validation, prices, taxes and totals; and that it writes in several statements.
"""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx

from benchmarks.carts import SIZES, STEPS, Bare, Till
from benchmarks.cpu import cpu_of_floor
from benchmarks.floor import new_id
from benchmarks.floor_carts import STOCK, CartFloor, LineFloor, Template
from benchmarks.wire import Answer
from merx.app import create_app
from merx.core.database import Database
from merx.settings import Settings

NAME = "own SQL"
_SECRET = "only for the benchmark, and long enough"
_WRITES = re.compile(r'\b(INSERT INTO|UPDATE "?\w+"?( AS)?( \w+)? SET|DELETE FROM)\b')
_SESSION = re.compile(r"BEGIN|COMMIT|ROLLBACK|SET |SELECT (set_config|current_setting|pg_notify)")


class Asked(NamedTuple):
    """A statement and its values."""

    text: str
    values: tuple[Any, ...]


class Looks(NamedTuple):
    """What Merx reads for a step: up to its last write, and after it."""

    before: list[Asked]
    after: list[Asked]

    @staticmethod
    async def ask(connection: Any, asked: Sequence[Asked], ids: Mapping[str, str]) -> bytes:
        """Ask with other ids in place of those that were watched; what was read last."""
        read: list[Any] = []
        for one in asked:
            values = [
                ids.get(value, value) if isinstance(value, str) else value for value in one.values
            ]
            read = await connection.fetch(one.text, *values)
        return (read[0][0] if read else None) or b""


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

    def __init__(self, connection: Any, template: Template, looks: Mapping[str, Looks]) -> None:
        super().__init__(connection, template, {})
        self._looks = looks

    async def step(self, name: str) -> bytes:
        """One step of the sale, in a transaction; the last thing that was read."""
        looks, template = self._looks[name], self._template
        ids = {one: one + self._mark for one in (template.cart_id, template.order_id)}
        async with self.connection.transaction():
            await looks.ask(self.connection, looks.before, ids)
            if name == STEPS[-1]:
                await self.connection.execute(STOCK, template.order_id)
            await self.connection.execute(self._texts[name], template.cart_id, self._mark)
            return await looks.ask(self.connection, looks.after, ids)


class OwnLineFloor(LineFloor):
    """A line more, with the SELECTs of Merx for a cart with as many lines."""

    def __init__(self, connection: Any, looks: Looks, watched_id: str) -> None:
        super().__init__(connection, "", "")
        self._looks = looks
        self._watched_id = watched_id

    async def add(self, cart_id: str) -> bytes:
        """The cart in the response."""
        looks, ids = self._looks, {self._watched_id: cart_id}
        async with self.connection.transaction():
            await looks.ask(self.connection, looks.before, ids)
            await self.connection.execute(self._texts[0], cart_id, new_id(""))
            return await looks.ask(self.connection, looks.after, ids)


@dataclass(slots=True)
class _Watch:
    """What Merx reads for each step of a sale, and for each size of a cart that gets a line more,
    with the id of that cart."""

    template: Template
    steps: dict[str, Looks]
    lines: dict[int, tuple[Looks, str]]


class OwnStatements:
    """The statements of Merx as a side of the benchmark."""

    def __init__(self, connection: Any, watch: _Watch, sale: Bare) -> None:
        self._connection = connection
        self._watch = watch
        self.sale = sale

    async def lines(self, size: int) -> OwnLineFloor:
        """Adding a line to a cart that has `size` lines then."""
        looks, watched_id = self._watch.lines[size]
        floor = OwnLineFloor(self._connection, looks, watched_id)
        await floor.open()
        return floor


@asynccontextmanager
async def own_statements(till: Till, url: str) -> AsyncGenerator[OwnStatements]:
    """Watch the sales of a till, and repeat their statements while the block runs."""
    watch = await _watch(till, url)
    database = Database(url, pool_size=1)
    await database.open()
    try:
        async with database.read() as connection:
            floor = await OwnFloor(connection, watch.template, watch.steps).open()
            yield OwnStatements(connection, watch, Bare(floor, cpu_of_floor(connection), NAME))
    finally:
        await database.close()


async def _watch(till: Till, url: str) -> _Watch:
    seen: list[Asked] = []
    settings = Settings(
        database_url=url, jwt_secret=_SECRET, cookie_secret=_SECRET, relay=False, access_log=False
    )
    app = create_app(settings)
    app.state.database = Database(
        url, after_statement=lambda one: seen.append(Asked(one.query, tuple(one.args or ())))
    )
    async with app.router.lifespan_context(app):
        watched = _Watched(till, app)
        steps: dict[str, Looks] = {}
        # The first sale opens connections, which ask for the types of the database.
        for step in (*STEPS, *STEPS):
            seen.clear()
            await watched.step(step)
            steps[step] = _reads(seen)
        template = Template(
            watched.cart_id, watched.order_id, till.country, till.region_id, till.option_id
        )
        lines: dict[int, tuple[Looks, str]] = {}
        for size in SIZES[1:]:
            await watched.fill(size - 1)
            seen.clear()
            await watched.step("add", variant=size)
            lines[size] = _reads(seen), watched.cart_id
    return _Watch(template, steps, lines)


def _reads(seen: Sequence[Asked]) -> Looks:
    asked = [one for one in seen if not _SESSION.match(one.text.strip())]
    last = max((place for place, one in enumerate(asked) if _WRITES.search(one.text)), default=-1)
    reads = [(place, one) for place, one in enumerate(asked) if not _WRITES.search(one.text)]
    return Looks(
        [one for place, one in reads if place < last], [one for place, one in reads if place > last]
    )
