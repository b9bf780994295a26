"""The database refuses a change of stock that must not leave a shortfall, whatever was decided."""

from decimal import Decimal

import asyncpg
import pytest

from merx.core.database import Transaction
from merx.modules.inventory.ledger import Level, change_levels, lock_given_levels
from tests.factories.products import make_item, make_location
from tests.factories.stock import make_level


@pytest.fixture
async def level(tx: Transaction) -> Level:
    """Of five pieces."""
    level_id = await make_level(tx, await make_item(tx), await make_location(tx), stocked=5)
    [level] = await lock_given_levels(tx, [level_id])
    return level


async def test_a_firm_change_beyond_the_stock_is_refused(tx: Transaction, level: Level) -> None:
    change = level.change("reserved", Decimal(6), "reserved", firm=True)

    with pytest.raises(asyncpg.CheckViolationError):
        async with tx.transaction():
            await change_levels(tx, [change])


async def test_a_backorder_may_leave_a_shortfall(tx: Transaction, level: Level) -> None:
    await change_levels(tx, [level.change("reserved", Decimal(6), "reserved")])

    assert await tx.fetchval("SELECT shortfall_quantity FROM inventory_level") == 1


async def test_beside_a_backorder_a_firm_change_may_too(tx: Transaction, level: Level) -> None:
    changes = [
        level.change("reserved", Decimal(5), "reserved", firm=True),
        level.change("reserved", Decimal(2), "reserved"),
    ]

    await change_levels(tx, changes)

    assert await tx.fetchval("SELECT shortfall_quantity FROM inventory_level") == 2
