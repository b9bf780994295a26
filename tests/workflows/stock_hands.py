"""One process that works on stock at random: `python -m tests.workflows.stock_hands url seed n`.

Prints how often each operation was done and refused, as JSON. An answer that no single request
could have got (a fault, a broken constraint, a deadlock) ends it with an error.
"""

import asyncio
import json
import random
import sys
from collections import Counter
from decimal import Decimal
from typing import Any

from asyncpg import UniqueViolationError

from merx.core.database import Database, Transaction
from merx.core.errors import Conflict, InsufficientInventory, InvalidData, NotAllowed, NotFound
from merx.modules.inventory.schemas import Adjustment
from merx.workflows.stock.adjust_stock import adjust_stock
from merx.workflows.stock.reservations import (
    create_reservations,
    delete_reservations,
    update_reservations,
)
from merx.workflows.stock.stock_levels import Setting, create_levels, delete_levels, update_levels

# The unique index reports a level that another process creates at the same time.
_REFUSALS = (
    Conflict,
    InsufficientInventory,
    InvalidData,
    NotAllowed,
    NotFound,
    UniqueViolationError,
)


class Hands:
    """Random operations on the items and locations of a database."""

    def __init__(self, seed: int, items: list[str], locations: list[str]) -> None:
        self._random = random.Random(seed)
        self._items, self._locations = items, locations
        self.done: Counter[str] = Counter()

    async def work(self, database: Database) -> None:
        """One operation in a transaction of its own."""
        name = self._random.choices(
            ("reserve", "change", "move", "release", "adjust", "set", "delete", "create"),
            (25, 10, 15, 15, 20, 5, 5, 5),
        )[0]
        try:
            async with database.write() as tx:
                await getattr(self, f"_{name}")(tx)
        except _REFUSALS as refusal:
            name = f"{name}: {type(refusal).__name__}"
        self.done[name] += 1

    def _place(self) -> tuple[str, str]:
        return self._random.choice(self._items), self._random.choice(self._locations)

    def _places(self) -> list[tuple[str, str]]:
        return [self._place() for _ in range(self._random.randint(1, 3))]

    def _some(self, most: int) -> Decimal:
        return Decimal(self._random.randint(0, most * 2)) / 2

    async def _held(self, tx: Transaction) -> list[str]:
        """Some reservations, those of others too."""
        start = self._random.random()
        records = await tx.fetch(
            "SELECT id FROM reservation_item WHERE deleted_at IS NULL ORDER BY md5(id || $1)"
            " LIMIT $2",
            str(start),
            self._random.randint(1, 3),
        )
        return [record[0] for record in records]

    async def _reserve(self, tx: Transaction) -> None:
        rows: list[dict[str, Any]] = [
            {
                "inventory_item_id": item,
                "location_id": location,
                "quantity": self._some(4),
                "allow_backorder": self._random.random() < 0.1,
            }
            for item, location in self._places()
        ]
        await create_reservations(tx, rows, [""] * len(rows))

    async def _change(self, tx: Transaction) -> None:
        await update_reservations(
            tx, {one: {"quantity": self._some(5)} for one in await self._held(tx)}
        )

    async def _move(self, tx: Transaction) -> None:
        patches: dict[str, dict[str, Any]] = {}
        for one in await self._held(tx):
            patches[one] = {"location_id": self._random.choice(self._locations)}
            if self._random.random() < 0.3:
                patches[one]["inventory_item_id"] = self._random.choice(self._items)
        await update_reservations(tx, patches)

    async def _release(self, tx: Transaction) -> None:
        await delete_reservations(tx, await self._held(tx))

    async def _adjust(self, tx: Transaction) -> None:
        rows = [
            Adjustment(
                inventory_item_id=item,
                location_id=location,
                delta=self._some(6) - 3,  # type: ignore[arg-type]
            )
            for item, location in self._places()
        ]
        await adjust_stock(tx, rows)

    async def _set(self, tx: Transaction) -> None:
        values: dict[str, Any] = {"stocked_quantity": self._some(20)}
        if self._random.random() < 0.5:
            values["expected_stocked_quantity"] = self._some(20)
        await update_levels(tx, [Setting(place, values) for place in self._places()])

    async def _delete(self, tx: Transaction) -> None:
        records = await tx.fetch(
            "SELECT id FROM inventory_level WHERE deleted_at IS NULL"
            " AND inventory_item_id = $1 AND location_id = $2",
            *self._place(),
        )
        await delete_levels(tx, [record[0] for record in records], force=True)

    async def _create(self, tx: Transaction) -> None:
        records = await tx.fetch(
            "SELECT inventory_item_id, location_id FROM inventory_level WHERE deleted_at IS NULL"
        )
        present = {tuple(record) for record in records}
        missing = [
            (item, place)
            for item in self._items
            for place in self._locations
            if (item, place) not in present
        ]
        if not missing:
            return
        item, place = self._random.choice(missing)
        row = {
            "id": f"ilev_{self._random.getrandbits(60)}",
            "inventory_item_id": item,
            "location_id": place,
            "stocked_quantity": self._some(20),
        }
        await create_levels(tx, [row])


async def run(url: str, seed: int, count: int) -> Counter[str]:
    """So many operations, some at a time."""
    database = Database(url, pool_size=3)
    await database.open()
    async with database.read() as tx:
        items = [r[0] for r in await tx.fetch("SELECT id FROM inventory_item ORDER BY id")]
        places = [r[0] for r in await tx.fetch("SELECT id FROM stock_location ORDER BY id")]
    hands = [Hands(seed * 10 + n, items, places) for n in range(2)]

    async def keep_on(one: Hands) -> None:
        for _ in range(count // len(hands)):
            await one.work(database)

    await asyncio.gather(*(keep_on(one) for one in hands))
    await database.close()
    return sum((one.done for one in hands), Counter())


if __name__ == "__main__":
    done = asyncio.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
    sys.stdout.write(json.dumps(done))
