"""How columns of many rows are sent."""

from decimal import Decimal

import pytest

from merx.batch.types import given_numbers, sent_numbers
from merx.core.database import Transaction

NUMBERS = [
    [],
    [None],
    [Decimal(0)],
    [Decimal("9.95"), None, 3],
    [None, None],
    [Decimal("-0.000001"), Decimal("1E+30"), Decimal("1E-30"), 2**70],
]


@pytest.mark.parametrize("numbers", NUMBERS, ids=str)
async def test_numbers_arrive_exactly(tx: Transaction, numbers: list[Decimal | int | None]) -> None:
    found = await tx.fetchval(f"SELECT {given_numbers(1)}", sent_numbers(numbers))

    assert found == numbers
