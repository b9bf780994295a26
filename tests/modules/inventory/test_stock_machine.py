"""Levels and reservations against a model of a few lines: whatever order operations come in, each
is taken or refused as the model says, and the rows are what the model holds."""

import asyncio
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from merx.core.database import Database, Transaction
from merx.core.errors import InsufficientInventory, MerxError, NotAllowed, NotFound
from merx.modules.inventory.schemas import Adjustment, LevelQuantities
from merx.workflows.stock.adjust_stock import adjust_stock
from merx.workflows.stock.reservations import (
    create_reservations,
    delete_reservations,
    update_reservations,
)
from merx.workflows.stock.stock_levels import (
    Setting,
    create_levels,
    delete_level,
    level_row,
    update_levels,
)
from tests.factories.products import make_item, make_location
from tests.workflows.stock_agrees import broken_promises

Place = tuple[str, str]

_LEVELS = """
SELECT inventory_item_id, location_id, stocked_quantity, reserved_quantity FROM inventory_level
WHERE deleted_at IS NULL"""

halves = st.integers(0, 12).map(lambda n: Decimal(n) / 2)
spots = st.tuples(st.integers(0, 1), st.integers(0, 1))


class Stock(RuleBasedStateMachine):
    """Two items at two locations, in one transaction that is undone at the end."""

    url: ClassVar[str] = ""
    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.url, pool_size=1)
        self.stocked: dict[Place, Decimal] = {}
        self.reservations: dict[str, tuple[Place, Decimal]] = {}
        self.runner.run(self._begin())

    async def _begin(self) -> None:
        await self.database.open()
        self.lent = self.database.read()
        self.tx: Transaction = await self.lent.__aenter__()
        self.outer = self.tx.transaction()
        await self.outer.start()
        self.items = [await make_item(self.tx) for _ in range(2)]
        self.locations = [await make_location(self.tx) for _ in range(2)]

    def teardown(self) -> None:
        async def end() -> None:
            await self.outer.rollback()
            await self.lent.__aexit__(None, None, None)
            await self.database.close()

        self.runner.run(end())
        self.runner.close()

    def place(self, spot: tuple[int, int]) -> Place:
        return self.items[spot[0]], self.locations[spot[1]]

    def reserved(self, place: Place) -> Decimal:
        return sum((n for at, n in self.reservations.values() if at == place), Decimal(0))

    def free(self, place: Place) -> Decimal:
        return self.stocked[place] - self.reserved(place)

    def attempt(self, work: Coroutine[Any, Any, Any], refusal: type[MerxError] | None) -> Any:
        """Do it in a savepoint; it must be refused with this error, or done if there is none."""

        async def attempted() -> Any:
            if refusal is None:
                async with self.tx.transaction():
                    return await work
            with pytest.raises(refusal):
                async with self.tx.transaction():
                    await work
            return None

        return self.runner.run(attempted())

    @rule(spot=spots, stocked=halves)
    def create_or_set(self, spot: tuple[int, int], stocked: Decimal) -> None:
        place = self.place(spot)
        if place in self.stocked:
            setting = Setting(place, {"stocked_quantity": stocked})
            self.attempt(update_levels(self.tx, [setting]), None)
        else:
            row = level_row(*place, LevelQuantities(stocked_quantity=stocked))
            self.attempt(create_levels(self.tx, [row]), None)
        self.stocked[place] = stocked

    @rule(spot=spots, delta=st.integers(-6, 6).map(Decimal))
    def adjust(self, spot: tuple[int, int], delta: Decimal) -> None:
        place = self.place(spot)
        row = Adjustment(inventory_item_id=place[0], location_id=place[1], delta=delta)
        refusal: type[MerxError] | None = None
        if place not in self.stocked:
            refusal = NotFound
        elif delta < 0 and self.stocked[place] + delta < 0:
            refusal = InsufficientInventory
        self.attempt(adjust_stock(self.tx, [row]), refusal)
        if refusal is None:
            self.stocked[place] += delta

    @rule(spot=spots)
    def delete(self, spot: tuple[int, int]) -> None:
        place = self.place(spot)
        refusal: type[MerxError] | None = None
        if place not in self.stocked:
            refusal = NotFound
        elif self.stocked[place] > 0 or self.reserved(place) > 0:
            refusal = NotAllowed
        self.attempt(delete_level(self.tx, *place), refusal)
        if refusal is None:
            del self.stocked[place]

    @rule(target=held, spot=spots, quantity=halves, beyond=st.booleans())
    def reserve(self, spot: tuple[int, int], quantity: Decimal, beyond: bool) -> Any:
        place = self.place(spot)
        row = {"inventory_item_id": place[0], "location_id": place[1], "quantity": quantity}
        refusal = self._refusal(place, quantity, beyond=beyond)
        work = create_reservations(self.tx, [{**row, "allow_backorder": beyond}])
        made = self.attempt(work, refusal)
        if made is None:
            return multiple()
        self.reservations[made[0]] = (place, quantity)
        return made[0]

    @rule(one=held, spot=spots, quantity=halves, beyond=st.booleans())
    def change(self, one: str, spot: tuple[int, int], quantity: Decimal, beyond: bool) -> None:
        place, (before, held) = self.place(spot), self.reservations[one]
        patch = {
            "inventory_item_id": place[0],
            "location_id": place[1],
            "quantity": quantity,
            "allow_backorder": beyond,
        }
        refusal = None
        if place != before:
            refusal = self._refusal(place, quantity, beyond=beyond)
        elif quantity != held:
            refusal = self._refusal(place, quantity - held, beyond=beyond)
        self.attempt(update_reservations(self.tx, {one: patch}), refusal)
        if refusal is None:
            self.reservations[one] = (place, quantity)

    def _refusal(self, place: Place, quantity: Decimal, *, beyond: bool) -> type[MerxError] | None:
        if place not in self.stocked:
            return NotFound
        short = quantity > 0 and quantity > self.free(place) and not beyond
        return NotAllowed if short else None

    @rule(one=consumes(held))
    def release(self, one: str) -> None:
        self.attempt(delete_reservations(self.tx, [one, one, "resitem_none"]), None)
        del self.reservations[one]

    @precondition(lambda self: self.stocked or self.reservations)
    @invariant()
    def the_rows_are_what_the_model_holds(self) -> None:
        levels = self.runner.run(self.tx.fetch(_LEVELS))

        found = {(row[0], row[1]): (row[2], row[3]) for row in levels}

        due = {place: (amount, self.reserved(place)) for place, amount in self.stocked.items()}
        assert found == due
        assert self.runner.run(broken_promises(self.tx)) == {}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_levels_and_reservations_follow_the_model(clone_url: str) -> None:
    Stock.url = clone_url

    run_state_machine_as_test(
        Stock, settings=settings(max_examples=25, stateful_step_count=30, deadline=None)
    )
