"""The sides of a comparison: the floor on a database connection, Merx and the reference over HTTP.

Each runs the same operations on its own set of equal products, and reads the same products.
"""

import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

from benchmarks import goods
from benchmarks.cpu import CPU, cpu_of_floor, cpu_of_nobody
from benchmarks.floor import Floor, new_id, variant_rows
from benchmarks.prices import Buyer
from benchmarks.wire import Answer, Connection

LISTED = 50
LARGE = 1000


class Sample(NamedTuple):
    """One measurement: milliseconds, the bytes of the response (0 if there is none), milliseconds
    of CPU of all processes involved, and the number of statements, if counted."""

    ms: float
    size: int
    cpu_ms: float = 0.0
    statements: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """Ids of the products that a side works on: `single`, `large` and those of the buyer are only
    read."""

    small: str
    wide: str
    single: str
    large: str
    buyer: Buyer | None = None


class Side(Protocol):
    """The operations of every side."""

    name: str

    async def create_one(self) -> Sample:
        """Create a variant beside the only one of a product; it is deleted outside the clock."""
        ...

    async def cycle(self, count: int) -> dict[str, Sample]:
        """Create, update, link and delete `count` variants of a product, a batch each."""
        ...

    async def read(self, what: str) -> Sample:
        """`single`, `large`, `list` or `priced`."""
        ...


async def fill_shelf(
    connection: Connection, mark: str, *, listed: int = LISTED, large: int = LARGE
) -> Shelf:
    """Create the products of a shop that is measured over HTTP; the listed ones come first."""
    for place in range(listed):
        await _make(connection, goods.small_product(f"{mark}-listed-{place}", count=2))
    many = await _make(connection, goods.product(f"{mark}-large"))
    body = {"create": goods.variants(large - 1, f"{mark}-large")}
    await connection.call("POST", f"/admin/products/{many}/variants/batch", body)
    single = await _make(connection, goods.small_product(f"{mark}-single"))
    return await second_shelf(connection, mark, Shelf("", "", single, many))


async def second_shelf(connection: Connection, mark: str, read: Shelf) -> Shelf:
    """New products to write to, and the shared ones to read."""
    small = await _make(connection, goods.small_product(f"{mark}-small"))
    wide = await _make(connection, goods.product(f"{mark}-wide"))
    return replace(read, small=small, wide=wide)


async def _make(connection: Connection, body: goods.Body) -> str:
    answer = await connection.call("POST", "/admin/products?fields=id", body)
    return answer.json()["product"]["id"]


class OverHTTP:
    """Merx or the reference; `name` is the column's heading."""

    def __init__(
        self, name: str, connection: Connection, shelf: Shelf, cpu: CPU | None = None
    ) -> None:
        self.name = name
        self._connection = connection
        self._shelf = shelf
        self._cpu = cpu or cpu_of_nobody()

    async def create_one(self) -> Sample:
        path = f"/admin/products/{self._shelf.small}/variants"
        body = goods.variant((goods.SIZES[0], goods.COLORS[0]), new_id("one"))
        sample, answer = await self._ask("POST", path, body)
        made = [v for v in answer.json()["product"]["variants"] if v["sku"] == body["sku"]]
        await self._connection.call("DELETE", f"{path}/{made[0]['id']}?fields=id")
        return sample

    async def cycle(self, count: int) -> dict[str, Sample]:
        path = f"/admin/products/{self._shelf.wide}/variants"
        new = {"create": goods.variants(count, new_id("many"))}
        created, answer = await self._ask("POST", f"{path}/batch", new)
        ids: list[str] = [variant["id"] for variant in answer.json()["created"]]
        changes = {"update": goods.changes(ids)}
        updated, _ = await self._ask("POST", f"{path}/batch", changes)
        links = {"create": goods.links(ids, await self._neighbours(path, ids))}
        linked, _ = await self._ask("POST", f"{path}/inventory-items/batch", links)
        deleted, _ = await self._ask("POST", f"{path}/batch", {"delete": ids})
        return {"create": created, "update": updated, "link": linked, "delete": deleted}

    async def _neighbours(self, path: str, ids: Sequence[str]) -> list[str]:
        """For each variant the stock of the previous one; the first takes the base's."""
        asked = f"{path}?limit={len(ids) + 1}&fields=id,inventory_items.inventory_item_id"
        answer = (await self._connection.call("GET", asked)).json()
        items = {
            variant["id"]: variant["inventory_items"][0]["inventory_item_id"]
            for variant in answer["variants"]
        }
        base = next(item for variant_id, item in items.items() if variant_id not in set(ids))
        return [base, *(items[variant_id] for variant_id in ids[:-1])]

    async def read(self, what: str) -> Sample:
        buyer = self._shelf.buyer
        if what != "priced" or buyer is None:
            return (await self._ask("GET", self.path(what)))[0]
        return (await self._ask("GET", buyer.path, asking=buyer.storefront))[0]

    async def _ask(
        self, method: str, path: str, body: object = None, asking: Connection | None = None
    ) -> tuple[Sample, Answer]:
        await self._cpu.begin()
        answer = await (asking or self._connection).call(method, path, body)
        return Sample(answer.ms, len(answer.body), self._cpu.ms(), answer.statements), answer

    def path(self, what: str) -> str:
        """The path of `single`, `large` or `list`."""
        if what == "list":
            return f"/admin/products?limit={LISTED}"
        return f"/admin/products/{self._shelf.large if what == 'large' else self._shelf.single}"


class OnSQL:
    """The floor."""

    name = "floor"

    def __init__(self, connection: Any, shelf: Shelf) -> None:
        self.floor = Floor(connection)
        self._shelf = shelf
        self._cpu = cpu_of_floor(connection)

    async def create_one(self) -> Sample:
        product_id = self._shelf.small
        body = goods.variant((goods.SIZES[0], goods.COLORS[0]), new_id("one"))
        rows = variant_rows([body], await self.floor.offered_values(product_id))
        sample = await self._timed(
            self.floor.create_variants(product_id, rows, lambda: self.floor.get_product(product_id))
        )
        await self.floor.delete_variants(product_id, rows.variant_ids)
        return sample

    async def cycle(self, count: int) -> dict[str, Sample]:
        product_id = self._shelf.wide
        bodies = goods.variants(count, new_id("many"))
        rows = variant_rows(bodies, await self.floor.offered_values(product_id))
        ids = rows.variant_ids
        created = await self._timed(
            self.floor.create_variants(product_id, rows, lambda: self.floor.get_variants(ids))
        )
        updated = await self._timed(self.floor.update_variants(product_id, goods.changes(ids)))
        links = goods.links(ids, [await self._base_item(ids), *rows.item_ids[:-1]])
        link_ids = [new_id("pvitem") for _ in links]
        linked = await self._timed(self.floor.link_items(product_id, link_ids, links))
        deleted = await self._timed(self.floor.delete_variants(product_id, ids))
        return {"create": created, "update": updated, "link": linked, "delete": deleted}

    async def read(self, what: str) -> Sample:
        if what == "list":
            return await self._timed(self.floor.list_products(LISTED))
        if what == "priced" and self._shelf.buyer is not None:
            return await self._timed(self.floor.get_prices(self._shelf.buyer))
        product_id = self._shelf.large if what == "large" else self._shelf.single
        return await self._timed(self.floor.get_product(product_id))

    async def _base_item(self, ids: Sequence[str]) -> str:
        """The stock of the variant that the product was created with."""
        return await self.floor.connection.fetchval(
            "SELECT l.inventory_item_id FROM product_variant v"
            " JOIN product_variant_inventory_item l ON l.variant_id = v.id"
            " WHERE v.product_id = $1 AND v.deleted_at IS NULL AND v.id <> ALL($2::text[])",
            self._shelf.wide,
            list(ids),
        )

    async def _timed(self, work: Awaitable[bytes | None]) -> Sample:
        await self._cpu.begin()
        started = time.perf_counter()
        await self.floor.ask_who_calls()
        body = await work
        ms = (time.perf_counter() - started) * 1000
        return Sample(ms, len(body or b""), self._cpu.ms())
