"""A storefront and what it must not see."""

import pytest

from merx.core.database import Transaction
from tests.factories.window import Window, make_window


@pytest.fixture
async def window(tx: Transaction) -> Window:
    return await make_window(tx)
