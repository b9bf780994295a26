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
_OFFERS = """
SELECT list, sum(present)::bigint AS present, sum(counted)::bigint AS counted FROM (
  SELECT 'store_product:' || l.sales_channel_id AS list, 1 AS present, 0 AS counted
  FROM product_sales_channel l JOIN product p ON p.id = l.product_id
  WHERE p.status = 'published' AND p.deleted_at IS NULL
  UNION ALL
  SELECT list, 0, delta FROM list_count WHERE starts_with(list, 'store_product:')) both_
GROUP BY list"""
_ALL = f"{_EACH} UNION ALL {_OFFERS}"
MISCOUNTED = f"""
SELECT list, counted || ' counted, ' || present || ' present' FROM ({_ALL}) each
WHERE counted <> present"""
# What a list is counted in: for products that a channel offers, their links too.
_OF_OFFERS = ("product", "product_sales_channel")


async def count_again(tx: Transaction, lists: list[str]) -> None:
    """Add the missing difference to the count, while writes to the lists are blocked."""
    tables = [table for name in lists for table in ((name,) if name in _LISTS else _OF_OFFERS)]
    for table in sorted(set(tables)):
        await tx.execute(f'LOCK TABLE "{table}" IN SHARE ROW EXCLUSIVE MODE')
    await tx.execute(
        "INSERT INTO list_count (list, delta)"
        f" SELECT list, present - counted FROM ({_ALL}) each WHERE list = ANY($1::text[])",
        lists,
    )
