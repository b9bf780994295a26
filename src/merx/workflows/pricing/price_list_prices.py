"""The prices of one price list, changed in place: no statement loads those that are not named."""

from collections.abc import Mapping, Sequence
from typing import Any

from merx.batch import Insert, insert_all, lock_rows, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, MerxError, NotFound, Problem, below
from merx.core.ids import new_id
from merx.modules.pricing.models import Price, PriceList, PriceRule
from merx.modules.pricing.prices import price_key, rule_rows
from merx.modules.pricing.schemas import BatchListedPrices, ListedPrice, ListedPricePatch
from merx.modules.pricing.service import unknown_currencies
from merx.modules.product.models import ProductVariant
from merx.outbox import emit_all

# By the variants' ids.
PriceSets = Mapping[str, str]


async def batch_prices(
    tx: Transaction, list_id: str, batch: BatchListedPrices
) -> tuple[list[str], list[str]]:
    """Delete, update and create prices of a list, all or none; the ids of those created and
    updated, in the order they were given."""
    await lock_list(tx, list_id)
    # Variants before prices, as whoever deletes a variant locks them.
    sets = await hold_price_sets(tx, [*batch.update, *batch.create])
    await _delete(tx, list_id, batch.delete)
    gone = set(batch.delete)
    updates = [
        (f"update[{place}]", patch)
        for place, patch in enumerate(batch.update)
        if patch.id not in gone
    ]
    await _update(tx, list_id, updates, sets)
    paths = [f"create[{place}]" for place in range(len(batch.create))]
    created = await insert_prices(tx, list_id, batch.create, paths, sets)
    updated = [patch.id for _, patch in updates]
    events = {"price.deleted": batch.delete, "price.updated": updated, "price.created": created}
    await emit_all(tx, {name: ids for name, ids in events.items() if ids})
    return created, updated


async def lock_list(tx: Transaction, list_id: str) -> None:
    """Keep the list from being deleted; its prices may be changed by others meanwhile."""
    if not await lock_rows(tx, PriceList.__table__, [list_id], shared=True):
        raise no_such_list(list_id)


def no_such_list(list_id: str) -> NotFound:
    """The reference's words, which differ from those of a read."""
    return NotFound(f"Price lists with id: {list_id} was not found")


async def hold_price_sets(
    tx: Transaction, prices: Sequence[ListedPrice | ListedPricePatch]
) -> PriceSets:
    """The price sets of the variants that there are, which nobody deletes until the end."""
    variants = ProductVariant.__table__
    ids = [price.variant_id for price in prices]
    records = await lock_rows(tx, variants, ids, "price_set_id", shared=True)
    return {row["id"]: row["price_set_id"] for row in records if row["price_set_id"] is not None}


async def insert_prices(
    tx: Transaction,
    list_id: str,
    prices: Sequence[ListedPrice],
    paths: Sequence[str],
    sets: PriceSets,
) -> list[str]:
    """Add prices to a list; of equal ones (variant, currency, bounds, rules) the last counts."""
    if not prices:
        return []
    await _check(tx, list(zip(paths, prices, strict=True)), sets)
    last = {
        (price.variant_id, price_key(price.currency_code, *_bounds(price), price.rules)): price
        for price in prices
    }
    rows = [_row(list_id, sets[price.variant_id], price) for price in last.values()]
    rules = [
        rule
        for row, price in zip(rows, last.values(), strict=True)
        for rule in rule_rows(row["id"], price.rules)
    ]
    await insert_all(tx, Insert(Price.__table__, rows), Insert(PriceRule.__table__, rules))
    return [row["id"] for row in rows]


def _bounds(price: ListedPrice) -> tuple[Any, Any]:
    return price.min_quantity, price.max_quantity


def _row(list_id: str, set_id: str, price: ListedPrice) -> dict[str, Any]:
    return {
        "id": new_id("price"),
        "price_list_id": list_id,
        "price_set_id": set_id,
        "currency_code": price.currency_code.lower(),
        "amount": price.amount,
        "min_quantity": price.min_quantity,
        "max_quantity": price.max_quantity,
        "rules_count": len(price.rules),
    }


async def _check(
    tx: Transaction, given: Sequence[tuple[str, ListedPrice | ListedPricePatch]], sets: PriceSets
) -> None:
    """Refuse variants without a price set, and currencies that do not exist."""
    words = "Variants with ids: {} were not found"
    problems: list[Problem] = [
        {"path": below(path, "variant_id"), "message": words.format(price.variant_id)}
        for path, price in given
        if price.variant_id not in sets
    ]
    if problems:
        wanted = dict.fromkeys(price.variant_id for _, price in given)
        missing = [variant_id for variant_id in wanted if variant_id not in sets]
        raise NotFound(words.format(", ".join(missing)), problems=problems)
    codes = [(below(path, "currency_code"), price.currency_code) for path, price in given]
    unknown = await unknown_currencies(tx, [(path, code) for path, code in codes if code])
    if unknown:
        raise unknown


async def _delete(tx: Transaction, list_id: str, ids: Sequence[str]) -> None:
    """Delete prices of the list; ids that nobody has count as deleted."""
    records = await lock_rows(tx, Price.__table__, ids, "price_list_id")
    foreign = {record["id"] for record in records if record["price_list_id"] != list_id}
    if foreign:
        raise _strangers(
            list_id,
            [(f"delete[{place}]", one) for place, one in enumerate(ids) if one in foreign],
        )
    found: list[str] = [record["id"] for record in records]
    await soft_delete_rows(tx, Price.__table__, found)
    await soft_delete_rows(tx, PriceRule.__table__, found, by="price_id")


async def _update(
    tx: Transaction,
    list_id: str,
    given: Sequence[tuple[str, ListedPricePatch]],
    sets: PriceSets,
) -> None:
    if not given:
        return
    _refuse_repeats(given)
    records = await lock_rows(
        tx, Price.__table__, [patch.id for _, patch in given], "price_list_id"
    )
    present = {record["id"] for record in records if record["price_list_id"] == list_id}
    strangers = [(below(path, "id"), patch.id) for path, patch in given if patch.id not in present]
    if strangers:
        raise _strangers(list_id, strangers)
    await _check(tx, given, sets)
    await update_rows(
        tx,
        Price.__table__,
        {patch.id: _patch(patch, sets[patch.variant_id]) for _, patch in given},
    )
    changed = [patch for _, patch in given if "rules" in patch.model_fields_set]
    ids = [patch.id for patch in changed]
    await soft_delete_rows(tx, PriceRule.__table__, ids, by="price_id")
    rules = [rule for patch in changed for rule in rule_rows(patch.id, patch.rules)]
    await insert_all(tx, Insert(PriceRule.__table__, rules))


def _patch(patch: ListedPricePatch, set_id: str) -> Mapping[str, Any]:
    given = patch.model_dump(exclude_unset=True, exclude={"id", "variant_id", "rules"})
    if "currency_code" in given:
        given["currency_code"] = patch.currency_code.lower()
    if "rules" in patch.model_fields_set:
        given["rules_count"] = len(patch.rules)
    return {**given, "price_set_id": set_id}


def _refuse_repeats(given: Sequence[tuple[str, ListedPricePatch]]) -> None:
    seen: set[str] = set()
    problems: list[Problem] = []
    words = "Cannot update prices more than once in one call: {}"
    for path, patch in given:
        if patch.id in seen:
            problems.append({"path": below(path, "id"), "message": words.format(patch.id)})
        seen.add(patch.id)
    if problems:
        raise InvalidData(problems[0].get("message", ""), problems=problems)


def _strangers(list_id: str, strangers: Sequence[tuple[str, str]]) -> MerxError:
    words = f"Price with id: {{}} was not found in price list {list_id}"
    problems: list[Problem] = [
        {"path": path, "message": words.format(price_id)} for path, price_id in strangers
    ]
    return InvalidData(problems[0].get("message", ""), problems=problems)
