"""Finds and repairs list counts that differ from the lists."""

from merx.core.database import Transaction

# As the triggers in the migration define them.
_LISTS = {
    "product": "deleted_at IS NULL",
    "product_variant": "deleted_at IS NULL",
    "inventory_item": "deleted_at IS NULL",
    "customer": "deleted_at IS NULL",
    "order": "deleted_at IS NULL AND NOT is_draft_order",
}
_EACH = " UNION ALL ".join(
    f"""SELECT '{table}' AS list, (SELECT count(*) FROM "{table}" WHERE {rows}) AS present,
  (SELECT coalesce(sum(delta), 0)::bigint FROM list_count WHERE list = '{table}') AS counted"""
    for table, rows in _LISTS.items()
)
MISCOUNTED = f"""
SELECT list, counted || ' counted, ' || present || ' present' FROM ({_EACH}) each
WHERE counted <> present"""


async def count_again(tx: Transaction, lists: list[str]) -> None:
    """Add the missing difference to the count, while nobody adds to the lists."""
    for table in lists:
        await tx.execute(f'LOCK TABLE "{table}" IN SHARE ROW EXCLUSIVE MODE')
    await tx.execute(
        "INSERT INTO list_count (list, delta)"
        f" SELECT list, present - counted FROM ({_EACH}) each WHERE list = ANY($1::text[])",
        lists,
    )
