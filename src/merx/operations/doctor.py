"""Checks that the shop's rows are consistent, and repairs what it can.

Merx itself never leaves such inconsistencies. Other programs, partial restores and manual changes
do.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from merx.core.database import Transaction
from merx.operations import repair_orders
from merx.operations.repair_counts import MISCOUNTED, count_again
from merx.operations.repair_payments import (
    UNANSWERED,
    UNEVEN,
    UNSUMMED,
    ask_again,
    even_out,
    sum_up,
)
from merx.operations.repair_stock import (
    add_missing_levels,
    catch_up_ledger,
    empty_levels,
    release_orphans,
    set_reserved,
)


class Check(NamedTuple):
    """A possible inconsistency, the query that finds it as (id, details), and its repair."""

    words: str
    find: str
    repair: Callable[[Transaction, list[str]], Awaitable[None]]


class Finding(NamedTuple):
    """One inconsistent row."""

    words: str
    id: str
    details: str


def _twins(words: str, table: str, column: str = "email", more: str = "") -> Check:
    """Rows from before e-mails were compared case-insensitively: people have to merge them."""
    find = f"""SELECT min(t.id), string_agg(t.{column}, ', ' ORDER BY t.{column} COLLATE "C")
        FROM "{table}" t WHERE t.deleted_at IS NULL AND t.has_twin
        GROUP BY lower(t.{column}){more} HAVING count(*) > 1"""
    return Check(words, find, _leave)


def _orphans(words: str, table: str, condition: str, *, soft: bool = True) -> Check:
    """Rows of a table, aliased `t`, whose parent is deleted. They are deleted in the same way."""
    alive = "t.deleted_at IS NULL AND " if soft else ""
    found = f"FROM {table} t WHERE {alive}EXISTS (SELECT {condition})"
    change = (
        f"UPDATE {table} SET deleted_at = now(), updated_at = now()"
        if soft
        else f"DELETE FROM {table}"
    )

    async def repair(tx: Transaction, ids: list[str]) -> None:
        await tx.execute(f"{change} WHERE id = ANY($1::text[])", ids)

    return Check(words, f"SELECT t.id, '{table}' {found}", repair)


async def _leave(tx: Transaction, ids: list[str]) -> None:
    """Nothing in the shop's own rows could repair it."""


_GONE = "FROM {} p WHERE p.id = t.{} AND p.deleted_at IS NOT NULL"
_PLACE = "t.inventory_item_id || ' at ' || t.location_id"

_LINKS = (
    ("product_variant_inventory_item", "variant_id", "product_variant"),
    ("product_variant_inventory_item", "inventory_item_id", "inventory_item"),
    ("product_sales_channel", "sales_channel_id", "sales_channel"),
    ("sales_channel_stock_location", "sales_channel_id", "sales_channel"),
    ("sales_channel_stock_location", "stock_location_id", "stock_location"),
    ("location_fulfillment_provider", "stock_location_id", "stock_location"),
    ("location_fulfillment_set", "stock_location_id", "stock_location"),
    ("location_fulfillment_set", "fulfillment_set_id", "fulfillment_set"),
)

_HANDOVERS = """SELECT t.fulfillment_id, t.action || ' at ' || t.provider_id || ', asked '
  || to_char(t.created_at, 'YYYY-MM-DD HH24:MI')
FROM fulfillment_request t
WHERE t.state IN ('requested', 'undoing') AND t.updated_at < now() - interval '5 minutes'"""

# The order lets each repair see the results of the earlier ones.
CHECKS = (
    _orphans(
        "variant of a deleted product", "product_variant", _GONE.format("product", "product_id")
    ),
    _orphans(
        "price set of a deleted variant",
        "price_set",
        "FROM product_variant p WHERE p.price_set_id = t.id AND p.deleted_at IS NOT NULL",
    ),
    _orphans(
        "service zone of a deleted fulfillment set",
        "service_zone",
        _GONE.format("fulfillment_set", "fulfillment_set_id"),
    ),
    _orphans(
        "shipping option of a deleted service zone",
        "shipping_option",
        _GONE.format("service_zone", "service_zone_id"),
    ),
    _orphans(
        "price set of a deleted shipping option",
        "price_set",
        "FROM shipping_option p WHERE p.price_set_id = t.id AND p.deleted_at IS NOT NULL",
    ),
    _orphans("price of a deleted price set", "price", _GONE.format("price_set", "price_set_id")),
    *(
        _orphans(f"link to a deleted {parent}", table, _GONE.format(parent, column), soft=False)
        for table, column, parent in _LINKS
    ),
    Check(
        "reservation of a deleted item, or at a deleted location",
        f"""SELECT t.id, t.quantity || ' of ' || {_PLACE} FROM reservation_item t
        JOIN inventory_item i ON i.id = t.inventory_item_id
        JOIN stock_location s ON s.id = t.location_id
        WHERE t.deleted_at IS NULL AND (i.deleted_at IS NOT NULL OR s.deleted_at IS NOT NULL)""",
        release_orphans,
    ),
    Check(
        "reservation at a location without a level of its item",
        f"""SELECT t.id, t.quantity || ' of ' || {_PLACE} FROM reservation_item t
        WHERE t.deleted_at IS NULL AND t.quantity > 0 AND NOT EXISTS (
          SELECT FROM inventory_level l WHERE l.inventory_item_id = t.inventory_item_id
          AND l.location_id = t.location_id AND l.deleted_at IS NULL)""",
        add_missing_levels,
    ),
    Check(
        "level of a deleted item, or at a deleted location",
        f"""SELECT t.id, {_PLACE} FROM inventory_level t
        JOIN inventory_item i ON i.id = t.inventory_item_id
        JOIN stock_location s ON s.id = t.location_id
        WHERE t.deleted_at IS NULL AND (i.deleted_at IS NOT NULL OR s.deleted_at IS NOT NULL)""",
        empty_levels,
    ),
    Check(
        "deleted level that still holds something",
        f"""SELECT t.id, {_PLACE} FROM inventory_level t WHERE t.deleted_at IS NOT NULL
        AND (t.stocked_quantity <> 0 OR t.reserved_quantity <> 0 OR t.incoming_quantity <> 0)""",
        empty_levels,
    ),
    Check(
        "quantity of a level that differs from its ledger",
        f"""SELECT t.id, has.name || ' ' || has.amount || ', by the ledger ' || due.amount
          || ': ' || {_PLACE}
        FROM inventory_level t
        CROSS JOIN LATERAL (VALUES ('stocked', t.stocked_quantity),
          ('reserved', t.reserved_quantity), ('incoming', t.incoming_quantity)) has(name, amount)
        CROSS JOIN LATERAL (SELECT coalesce(sum(m.delta), 0) AS amount FROM inventory_movement m
          WHERE m.inventory_level_id = t.id AND m.quantity = has.name) due
        WHERE t.deleted_at IS NULL AND has.amount <> due.amount""",
        catch_up_ledger,
    ),
    Check(
        "level whose reserved quantity differs from its reservations",
        f"""SELECT t.id, t.reserved_quantity || ' reserved, by its reservations ' || due.amount
          || ': ' || {_PLACE}
        FROM inventory_level t
        CROSS JOIN LATERAL (SELECT coalesce(sum(r.quantity), 0) AS amount FROM reservation_item r
          WHERE r.inventory_item_id = t.inventory_item_id AND r.location_id = t.location_id
          AND r.deleted_at IS NULL) due
        WHERE t.deleted_at IS NULL AND t.reserved_quantity <> due.amount""",
        set_reserved,
    ),
    Check("payment request without an answer", UNANSWERED, ask_again),
    Check("payment whose amounts differ from its rows", UNEVEN, even_out),
    Check("payment collection whose amounts differ from its payments", UNSUMMED, sum_up),
    Check("order that comes to something else than its rows", repair_orders.UNEVEN, _leave),
    Check("order whose summary differs from its transactions", repair_orders.UNSUMMED, _leave),
    Check("order whose transactions differ from its payments", repair_orders.UNPAID, _leave),
    # Only the provider knows; `settle_requests` asks it.
    Check("fulfillment provider that was asked and has not answered", _HANDOVERS, _leave),
    Check(
        "webhook that is disabled because it failed",
        """SELECT t.id, t.url || ': ' || t.disabled_reason FROM webhook t
        WHERE t.deleted_at IS NULL AND NOT t.enabled AND t.disabled_reason IS NOT NULL""",
        _leave,
    ),
    _twins("users whose e-mails differ by case alone", "user"),
    _twins("customers whose e-mails differ by case alone", "customer", more=", t.has_account"),
    _twins("log-ins whose e-mails differ by case alone", "provider_identity", "entity_id"),
    _twins("invites whose e-mails differ by case alone", "invite"),
    # Last, since the repairs above change the counts.
    Check("list whose count differs from its rows", MISCOUNTED, count_again),
)


async def examine(tx: Transaction, *, repair: bool = False) -> list[Finding]:
    """Find inconsistencies; with `repair` they are repaired."""
    findings: list[Finding] = []
    for check in CHECKS:
        records = await tx.fetch(f"{check.find} ORDER BY 1, 2")
        findings.extend(Finding(check.words, record[0], record[1]) for record in records)
        if repair and records:
            await check.repair(tx, list({record[0]: None for record in records}))
    return findings
