"""Categories, created by the workflow of the route."""

from typing import Any

from merx.core.database import Transaction
from merx.modules.product.group_schemas import CreateProductCategory
from merx.modules.product.manage_categories import create_categories


async def make_category(
    tx: Transaction, name: str, parent_id: str | None = None, **fields: Any
) -> str:
    """A category; its id."""
    draft = CreateProductCategory(name=name, parent_category_id=parent_id, **fields)
    [category_id] = await create_categories(tx, [draft])
    return category_id


async def ranks_below(tx: Transaction, parent_id: str | None) -> dict[str, int]:
    """The ranks of a parent's children by name, in their order."""
    records = await tx.fetch(
        "SELECT name, rank FROM product_category"
        " WHERE parent_category_id IS NOT DISTINCT FROM $1 AND deleted_at IS NULL ORDER BY rank",
        parent_id,
    )
    return {record["name"]: record["rank"] for record in records}
