"""Stock over HTTP: levels, reservations and lists of items, on Merx and the reference.

There is no floor here: the other benchmarks already compare Merx with it.
"""

from collections.abc import Sequence
from typing import Any

from benchmarks.floor import new_id
from benchmarks.measure import Say, Series, Table, repetitions
from benchmarks.sides import Sample
from benchmarks.wire import Answer, Connection

LISTED = 50
PLENTY = 1_000_000
ROWS = ("create 1 level", "reserve 1", "batch create 100 levels", f"list {LISTED} items of stock")
MANY = 100


class Stockroom:
    """One shop with a location and an item with plenty of stock."""

    def __init__(self, name: str, connection: Connection) -> None:
        self.name = name
        self._connection = connection
        self._places: list[str] = []
        self._item = ""

    async def open(self) -> "Stockroom":
        """Create the rows that the operations need."""
        for _ in range(MANY):
            place = await self._made("/admin/stock-locations", {"name": new_id("place")})
            self._places.append(place["stock_location"]["id"])
        self._item = await self._new_item()
        level = {"location_id": self._places[0], "stocked_quantity": PLENTY}
        await self._made(f"/admin/inventory-items/{self._item}/location-levels", level)
        return self

    async def work(self, row: str) -> Sample:
        """One measurement of a row; set-up and clean-up are not timed."""
        if row == ROWS[0]:
            path = f"/admin/inventory-items/{await self._new_item()}/location-levels"
            level = {"location_id": self._places[0], "stocked_quantity": 5}
            return _sample(await self._connection.call("POST", path, level))
        if row == ROWS[1]:
            return await self._reserve()
        if row == ROWS[2]:
            path = f"/admin/inventory-items/{await self._new_item()}/location-levels/batch"
            levels = [{"location_id": place, "stocked_quantity": 5} for place in self._places]
            return _sample(await self._connection.call("POST", path, {"create": levels}))
        path = f"/admin/inventory-items?limit={LISTED}"
        return _sample(await self._connection.call("GET", path))

    async def _reserve(self) -> Sample:
        hold = {
            "inventory_item_id": self._item,
            "location_id": self._places[0],
            "quantity": 1,
        }
        answer = await self._connection.call("POST", "/admin/reservations", hold)
        reservation_id = answer.json()["reservation"]["id"]
        await self._connection.call("DELETE", f"/admin/reservations/{reservation_id}")
        return _sample(answer)

    async def _new_item(self) -> str:
        answer = await self._made("/admin/inventory-items", {"sku": new_id("sku")})
        return answer["inventory_item"]["id"]

    async def _made(self, path: str, body: Any) -> Any:
        return (await self._connection.call("POST", path, body)).json()


def _sample(answer: Answer) -> Sample:
    return Sample(answer.ms, len(answer.body), statements=answer.statements)


async def measure_stock(rooms: Sequence[Stockroom], quick: bool, say: Say) -> Table:
    """All rows; the shops take turns, and the first turn is a warm-up."""
    table: Table = {}
    for row in ROWS:
        times = repetitions(MANY if "100" in row else 1, quick)
        say(f"{row}, {times} times")
        for turn in range(times + 1):
            for room in rooms:
                sample = await room.work(row)
                if turn:
                    series = table.setdefault(row, {}).setdefault(room.name, Series())
                    series.samples.append(sample)
    return table
