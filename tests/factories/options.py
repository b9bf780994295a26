"""Options of products, shared or exclusive to one."""

from dataclasses import dataclass
from typing import Any

from merx.core.database import Transaction
from merx.modules.product.manage_options import create_options
from merx.modules.product.option_schemas import CreateOption


@dataclass(frozen=True)
class Option:
    """An option, and the ids of its values by their text."""

    id: str
    values: dict[str, str]


async def make_option(tx: Transaction, title: str, *values: str, **fields: Any) -> Option:
    """An option with values."""
    draft = CreateOption(title=title, values=list(values), **fields)
    [option_id] = await create_options(tx, [draft])
    records = await tx.fetch(
        "SELECT value, id FROM product_option_value WHERE option_id = $1", option_id
    )
    return Option(option_id, {record["value"]: record["id"] for record in records})
