"""Creates, changes and deletes price lists, and removes products from them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from merx.batch import Insert, Row, insert_all, lock_rows, patch_row, soft_delete_rows
from merx.core.clock import parse_time
from merx.core.database import Transaction
from merx.core.errors import InvalidData, raise_all
from merx.core.hooks import Change, changes, run_hooks, without_bodies, without_ids
from merx.core.ids import new_id
from merx.core.shapes import Json
from merx.modules.pricing.hooks import PRICE_LISTS
from merx.modules.pricing.models import Price, PriceList, PriceListRule, PriceRule
from merx.modules.pricing.schemas import CreatePriceList, UpdatePriceList
from merx.outbox import emit, emit_all
from merx.workflows.pricing.price_list_prices import (
    hold_price_sets,
    lock_list,
    no_such_list,
    put_prices,
)
from merx.workflows.pricing.price_rules import check_price_rules, rules_of_list

_TIMES = ("starts_at", "ends_at")


async def create_price_list(tx: Transaction, draft: CreatePriceList) -> str:
    """Create a list with its rules and prices; returns its id."""
    await run_hooks(tx, PRICE_LISTS.creating, without_ids([draft]))
    list_id = new_id("plist")
    columns = draft.model_dump(exclude={"rules", "prices"})
    raise_all([await check_price_rules(tx, rules_of_list(draft.rules))])
    times = _times(columns)
    if len(times) == len(_TIMES) and times["starts_at"] > times["ends_at"]:
        raise _ends_before()
    row = {"id": list_id, **columns, **times, "rules_count": len(draft.rules)}
    await insert_all(
        tx,
        Insert(PriceList.__table__, [row]),
        Insert(PriceListRule.__table__, _rules(list_id, draft.rules)),
    )
    paths = [f"prices[{place}]" for place in range(len(draft.prices))]
    sets = await hold_price_sets(tx, draft.prices)
    price_ids, _ = await put_prices(tx, list_id, draft.prices, paths, sets, new_list=True)
    await emit_all(tx, {"price-list.created": [list_id], "price.created": price_ids})
    await run_hooks(tx, PRICE_LISTS.created, changes([list_id], [draft]))
    return list_id


async def update_price_list(tx: Transaction, list_id: str, patch: UpdatePriceList) -> None:
    """Change a list; given rules replace the old ones."""
    columns = patch.model_dump(exclude_unset=True, exclude={"rules"})
    if "description" in columns and columns["description"] is None:
        raise InvalidData("Cannot set field 'description' of Price list to null")
    times = _times(columns)
    columns |= times
    replaced = "rules" in patch.model_fields_set
    if replaced:
        columns["rules_count"] = len(patch.rules)
        raise_all([await check_price_rules(tx, rules_of_list(patch.rules))])
    await run_hooks(tx, PRICE_LISTS.updating, [Change(list_id, patch)])
    if not await patch_row(tx, PriceList.__table__, list_id, columns):
        raise no_such_list(list_id)
    if times and await tx.fetchval(_ENDS_BEFORE, list_id):
        raise _ends_before()
    if replaced:
        table = PriceListRule.__table__
        await soft_delete_rows(tx, table, [list_id], by="price_list_id")
        await insert_all(tx, Insert(table, _rules(list_id, patch.rules)))
    await emit(tx, "price-list.updated", [list_id])
    await run_hooks(tx, PRICE_LISTS.updated, [Change(list_id, patch)])


_DELETE_PRICES = """
WITH gone AS (
  UPDATE price SET deleted_at = now(), updated_at = now()
  WHERE price_list_id = ANY($1::text[]) AND deleted_at IS NULL RETURNING id)
UPDATE price_rule rule SET deleted_at = now(), updated_at = now()
FROM gone WHERE rule.price_id = gone.id AND CASE WHEN rule.deleted_at IS NULL THEN true END"""


async def delete_price_lists(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete lists with all their rules and prices; ids that do not exist are ignored."""
    records = await lock_rows(tx, PriceList.__table__, ids)
    found: list[str] = [record["id"] for record in records]
    if not found:
        return
    await run_hooks(tx, PRICE_LISTS.deleting, without_bodies(found))
    await tx.execute(_DELETE_PRICES, found)
    await soft_delete_rows(tx, PriceListRule.__table__, found, by="price_list_id")
    await soft_delete_rows(tx, PriceList.__table__, found)
    await emit(tx, "price-list.deleted", found)
    await run_hooks(tx, PRICE_LISTS.deleted, without_bodies(found))


_PRICES_OF_PRODUCTS = """
SELECT price.id FROM unnest($2::text[]) AS given(product_id)
CROSS JOIN LATERAL (
  SELECT v.price_set_id FROM product_variant v WHERE v.product_id = given.product_id OFFSET 0) v
CROSS JOIN LATERAL (
  SELECT * FROM price p WHERE p.price_set_id = v.price_set_id AND p.price_list_id = $1 OFFSET 0
) price
WHERE price.deleted_at IS NULL"""


async def remove_products(tx: Transaction, list_id: str, product_ids: Sequence[str]) -> None:
    """Delete the list's prices of the products' variants."""
    if not product_ids:
        raise InvalidData("No product ids passed to remove from price list")
    await lock_list(tx, list_id)
    records = await tx.fetch(_PRICES_OF_PRODUCTS, list_id, sorted(set(product_ids)))
    price_ids: list[str] = sorted(record["id"] for record in records)
    gone = await soft_delete_rows(tx, Price.__table__, price_ids)
    await soft_delete_rows(tx, PriceRule.__table__, gone, by="price_id")
    await emit_all(tx, {"price-list.updated": [list_id], "price.deleted": sorted(gone)})


_ENDS_BEFORE = "SELECT starts_at > ends_at FROM price_list WHERE id = $1"


def _ends_before() -> InvalidData:
    message = "A price list must not end before it starts"
    return InvalidData(message, problems=[{"path": "ends_at", "message": message}])


def _times(columns: Row) -> dict[str, datetime]:
    return {name: _time(name, columns[name]) for name in _TIMES if columns.get(name) is not None}


def _time(name: str, text: str) -> datetime:
    moment = parse_time(text)
    if moment is None:
        words = name.replace("_", " ")
        message = f"Cannot set price list {words} with with invalid date string: {text}"
        raise InvalidData(message, problems=[{"path": name, "message": message}])
    return moment


def _rules(list_id: str, rules: Mapping[str, Sequence[str]]) -> list[Json]:
    return [
        {"id": new_id("prule"), "price_list_id": list_id, "attribute": name, "value": list(values)}
        for name, values in rules.items()
    ]
