"""The prices of one price list, changed in place: no statement loads prices that are not named."""

from collections.abc import Mapping, Sequence

from merx.batch import Insert, Patch, Row, insert_all, lock_rows, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import (
    InvalidData,
    MerxError,
    NotFound,
    Problem,
    below,
    raise_all,
    refuse_named,
    refuse_repeated,
)
from merx.core.hooks import Change, run_hooks
from merx.core.ids import new_id
from merx.modules.pricing.hooks import PRICE_LISTS
from merx.modules.pricing.models import Price, PriceList, PriceRule, PriceSet
from merx.modules.pricing.prices import Key, price_key, rule_columns, rule_rows
from merx.modules.pricing.schemas import BatchListedPrices, ListedPrice, ListedPricePatch
from merx.modules.pricing.service import (
    PresentPrice,
    change_prices,
    lock_listed_prices,
    unknown_currencies,
)
from merx.modules.product.models import ProductVariant
from merx.outbox import emit_all
from merx.workflows.pricing.price_rules import check_price_rules, rules_of_prices

# By the variants' ids.
PriceSets = Mapping[str, str]


async def batch_prices(
    tx: Transaction, list_id: str, batch: BatchListedPrices
) -> tuple[list[str], list[str]]:
    """Delete, update and create prices of a list, all or none; returns the ids of those created and
    updated, in the order given.

    If prices are equal afterwards, the last one wins: a created price replaces an equal price of
    the list and takes over its id.
    """
    await lock_list(tx, list_id)
    await run_hooks(tx, PRICE_LISTS.updating, [Change(list_id, batch)])
    # Variants before prices, as in the deletion of a variant.
    sets = await hold_price_sets(tx, [*batch.update, *batch.create])
    # Of two requests that create the same price, the second finds that of the first.
    await lock_rows(tx, PriceSet.__table__, sets.values(), referable=True)
    await _delete(tx, list_id, batch.delete)
    gone = set(batch.delete)
    updates = [
        (f"update[{place}]", patch)
        for place, patch in enumerate(batch.update)
        if patch.id not in gone
    ]
    updated, displaced = await _update(tx, list_id, updates, sets)
    paths = [f"create[{place}]" for place in range(len(batch.create))]
    created, replaced = await put_prices(tx, list_id, batch.create, paths, sets)
    events = {
        "price.deleted": [*batch.delete, *displaced],
        "price.updated": list(dict.fromkeys([*updated, *replaced])),
        "price.created": [price_id for price_id in created if price_id not in replaced],
    }
    await emit_all(tx, {name: ids for name, ids in events.items() if ids})
    await run_hooks(tx, PRICE_LISTS.updated, [Change(list_id, batch)])
    return created, updated


async def lock_list(tx: Transaction, list_id: str) -> None:
    """Lock the list against deletion; others may still change its prices."""
    if not await lock_rows(tx, PriceList.__table__, [list_id], shared=True):
        raise no_such_list(list_id)


def no_such_list(list_id: str) -> NotFound:
    """The reference's message, which differs from that of a read."""
    return NotFound(f"Price lists with id: {list_id} was not found")


async def hold_price_sets(
    tx: Transaction, prices: Sequence[ListedPrice | ListedPricePatch]
) -> PriceSets:
    """The price sets of the variants that exist, locked against deletion until the end."""
    variants = ProductVariant.__table__
    ids = [price.variant_id for price in prices]
    records = await lock_rows(tx, variants, ids, "price_set_id", shared=True)
    return {row["id"]: row["price_set_id"] for row in records if row["price_set_id"] is not None}


async def put_prices(
    tx: Transaction,
    list_id: str,
    prices: Sequence[ListedPrice],
    paths: Sequence[str],
    sets: PriceSets,
    *,
    new_list: bool = False,
) -> tuple[list[str], set[str]]:
    """Add prices to a list, replacing equal ones (currency, bounds, rules); returns all their ids,
    and those that existed before.
    """
    if not prices:
        return [], set()
    await _check(tx, list(zip(paths, prices, strict=True)), sets)
    last = {(sets[price.variant_id], price_key(price)): price for price in prices}
    present: dict[_Place, PresentPrice] = {}
    if not new_list:
        held = await lock_listed_prices(tx, list_id, last)
        present = {_place(price): price for price in held}
    ids = {place: present[place].id if place in present else new_id("price") for place in last}
    new = [_row(ids[place], list_id, place, last[place]) for place in last if place not in present]
    rules = [
        rule
        for place in last
        if place not in present
        for rule in rule_rows(ids[place], last[place].rules)
    ]
    replaced = {ids[place]: {"amount": last[place].amount} for place in last if place in present}
    await change_prices(tx, {price.id: price for price in present.values()}, replaced)
    await insert_all(tx, Insert(Price.__table__, new), Insert(PriceRule.__table__, rules))
    return list(ids.values()), set(replaced)


# The price set and the key of a price in a list.
_Place = tuple[str, Key]


def _place(price: PresentPrice) -> _Place:
    return price.price_set_id, price.key


def _row(price_id: str, list_id: str, place: _Place, price: ListedPrice) -> Row:
    return {
        "id": price_id,
        "price_list_id": list_id,
        "price_set_id": place[0],
        "currency_code": price.currency_code.lower(),
        "amount": price.amount,
        "min_quantity": price.min_quantity,
        "max_quantity": price.max_quantity,
        **rule_columns(price.rules),
    }


async def _check(
    tx: Transaction, given: Sequence[tuple[str, ListedPrice | ListedPricePatch]], sets: PriceSets
) -> None:
    """Refuse variants without a price set, and currencies that do not exist."""
    missing = [
        (price.variant_id, below(path, "variant_id"))
        for path, price in given
        if price.variant_id not in sets
    ]
    refuse_named(missing, "Variants with ids: {} were not found")
    codes = [(below(path, "currency_code"), price.currency_code) for path, price in given]
    unknown = await unknown_currencies(tx, [(path, code) for path, code in codes if code])
    raise_all([unknown, await check_price_rules(tx, rules_of_prices(given))])


async def _delete(tx: Transaction, list_id: str, ids: Sequence[str]) -> None:
    """Delete prices of the list; deleting an id that does not exist succeeds."""
    records = await lock_rows(tx, Price.__table__, ids, "price_list_id")
    foreign = {record["id"] for record in records if record["price_list_id"] != list_id}
    if foreign:
        raise _strangers(
            list_id,
            [(f"delete[{place}]", one) for place, one in enumerate(ids) if one in foreign],
        )
    await _drop(tx, [record["id"] for record in records])


async def _drop(tx: Transaction, ids: Sequence[str]) -> None:
    await soft_delete_rows(tx, Price.__table__, ids)
    await soft_delete_rows(tx, PriceRule.__table__, ids, by="price_id")


async def _update(
    tx: Transaction,
    list_id: str,
    given: Sequence[tuple[str, ListedPricePatch]],
    sets: PriceSets,
) -> tuple[list[str], list[str]]:
    """Change prices of the list; returns the ids of those changed, and of those they replace."""
    if not given:
        return [], []
    refuse_repeated(
        [(patch.id, below(path, "id")) for path, patch in given],
        "Cannot update prices more than once in one call: {}",
    )
    patches = [patch for _, patch in given]
    ids = [patch.id for patch in patches]
    columns = (*PresentPrice._fields[1:], "price_list_id")
    records = await lock_rows(tx, Price.__table__, ids, *columns)
    present = {
        record["id"]: PresentPrice(*(record[name] for name in PresentPrice._fields))
        for record in records
        if record["price_list_id"] == list_id
    }
    strangers = [(below(path, "id"), patch.id) for path, patch in given if patch.id not in present]
    if strangers:
        raise _strangers(list_id, strangers)
    await _check(tx, given, sets)
    changes = {patch.id: _patch(patch, sets[patch.variant_id]) for patch in patches}
    # Of prices that become equal, the last one stays.
    last: dict[_Place, str] = {
        (change["price_set_id"], present[price_id].key_after(change)): price_id
        for price_id, change in changes.items()
    }
    stay = set(last.values())
    held = await lock_listed_prices(tx, list_id, last)
    displaced = [price.id for price in held if price.id not in changes and _place(price) in last]
    displaced += [price_id for price_id in ids if price_id not in stay]
    await _drop(tx, displaced)
    await change_prices(tx, present, {one: changes[one] for one in ids if one in stay})
    changed = [patch for patch in patches if patch.id in stay and "rules" in patch.model_fields_set]
    await soft_delete_rows(tx, PriceRule.__table__, [patch.id for patch in changed], by="price_id")
    rules = [rule for patch in changed for rule in rule_rows(patch.id, patch.rules)]
    await insert_all(tx, Insert(PriceRule.__table__, rules))
    return [price_id for price_id in ids if price_id in stay], displaced


def _patch(patch: ListedPricePatch, set_id: str) -> Patch:
    given = patch.model_dump(exclude_unset=True, exclude={"id", "variant_id", "rules"})
    if "currency_code" in given:
        given["currency_code"] = patch.currency_code.lower()
    if "rules" in patch.model_fields_set:
        given |= rule_columns(patch.rules)
    return {**given, "price_set_id": set_id}


def _strangers(list_id: str, strangers: Sequence[tuple[str, str]]) -> MerxError:
    words = f"Price with id: {{}} was not found in price list {list_id}"
    problems: list[Problem] = [
        {"path": path, "message": words.format(price_id)} for path, price_id in strangers
    ]
    return InvalidData.of(problems)
