"""Replaces the prices of variants, keeping the ids of prices that stay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from merx.batch import Insert, Row, SoftDelete, Update, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import Problem, below, raise_all, refuse
from merx.modules.pricing.models import Price, PriceRule
from merx.modules.pricing.prices import Key, PriceRows, price_key, rule_columns
from merx.modules.pricing.service import PresentPrice, free_keys, lock_prices_for
from merx.modules.product.schemas import PriceUpdate
from merx.workflows.pricing.price_rules import check_price_rules, rules_of_rows


class WantedPrices(NamedTuple):
    """A variant, its price set, the prices it is to have, and its path in the request."""

    variant_id: str
    set_id: str
    prices: Sequence[PriceUpdate]
    path: str


@dataclass(frozen=True, slots=True)
class PriceWrites:
    """What is left to write of a replacement, for a statement that writes other rows too."""

    inserts: Sequence[Insert] = ()
    updates: Sequence[Update] = ()
    deletes: Sequence[SoftDelete] = ()


async def replace_prices(tx: Transaction, wanted: Sequence[WantedPrices]) -> PriceWrites:
    """Give each variant exactly the wanted prices; the caller makes the returned writes.

    A price with an id is changed; one without is matched by currency, rules and bounds, or created;
    omitted ones are deleted. Of prices that are equal afterwards the last one wins. Raises
    InvalidData for currencies and what rules name that do not exist, and for ids that are not
    prices of their variant.
    """
    named = [(one.path, one.prices) for one in wanted]
    found, unknown = await lock_prices_for(tx, [one.set_id for one in wanted], named)
    raise_all([unknown, await check_price_rules(tx, rules_of_rows(named))])
    present: dict[str, list[PresentPrice]] = {}
    for price in found:
        present.setdefault(price.price_set_id, []).append(price)
    rows = PriceRows()
    problems: list[Problem] = []
    for one in wanted:
        strangers = _match(rows, one.set_id, present.get(one.set_id, []), one.prices)
        problems.extend(
            {
                "path": below(one.path, f"prices[{place}].id"),
                "message": f"Price with id: {price_id} was not found on variant {one.variant_id}",
            }
            for place, price_id in strangers
        )
    refuse(problems)
    return await _write(tx, rows, {price.id: price for price in found})


async def _write(
    tx: Transaction, rows: PriceRows, present: Mapping[str, PresentPrice]
) -> PriceWrites:
    """Make the changes that others build upon, and return the rest."""
    await soft_delete_rows(tx, PriceRule.__table__, rows.replaced_rules, by="price_id")
    new = (Insert(Price.__table__, rows.prices), Insert(PriceRule.__table__, rows.rules))
    patches = await free_keys(tx, present, rows.patches)
    update = Update(Price.__table__, patches)
    if patches is rows.patches and update.is_possible:
        # No price takes the place of another.
        gone = SoftDelete(Price.__table__, rows.dropped)
        return PriceWrites(new, [update], [gone])
    await soft_delete_rows(tx, Price.__table__, rows.dropped)
    await update_rows(tx, Price.__table__, patches)
    return PriceWrites(new)


def _match(
    rows: PriceRows,
    set_id: str,
    present: Sequence[PresentPrice],
    wanted: Sequence[PriceUpdate],
) -> list[tuple[int, str]]:
    """Match the present and the wanted prices of one set; returns the paths and ids of prices that
    the set does not have.
    """
    by_id = {price.id: price for price in present}
    strangers = [
        (place, price.id)
        for place, price in enumerate(wanted)
        if price.id is not None and price.id not in by_id
    ]
    if strangers:
        return strangers
    last = _last_of_each(by_id, wanted)
    named = {price.id for price in last.values()}
    left = {price.key: price for price in present if price.id not in named}
    for key, price in last.items():
        if price.id is not None:
            _patch(rows, by_id[price.id], price)
        elif key in left:
            _patch(rows, left.pop(key), price)
        else:
            rows.add(set_id, price)
    for price in left.values():
        rows.dropped.append(price.id)
        if price.rules_count:
            rows.replaced_rules.append(price.id)
    return []


def _last_of_each(
    present: Mapping[str, PresentPrice], wanted: Sequence[PriceUpdate]
) -> dict[Key, PriceUpdate]:
    """The wanted prices by their future identity: the last one with an id, and the last with each
    key.
    """
    named = {price.id: place for place, price in enumerate(wanted) if price.id is not None}
    if not named:
        return {price_key(price): price for price in wanted}
    last: dict[Key, PriceUpdate] = {}
    for place, price in enumerate(wanted):
        if price.id is None:
            last[price_key(price)] = price
        elif named[price.id] == place:
            last[present[price.id].key_after(_columns(price))] = price
    return last


def _columns(price: PriceUpdate) -> Row:
    given, values = price.model_fields_set, price.__dict__
    columns: dict[str, Any] = {
        name: values[name] for name in ("min_quantity", "max_quantity") if name in given
    }
    if price.amount is not None:
        columns["amount"] = price.amount
    if price.currency_code:
        columns["currency_code"] = price.currency_code.lower()
    if "rules" in given:
        columns |= rule_columns(price.rules)
    return columns


def _patch(rows: PriceRows, present: PresentPrice, price: PriceUpdate) -> None:
    patch = _columns(price)
    if patch.get("rules_key", present.rules_key) != present.rules_key:
        if present.rules_count:
            rows.replaced_rules.append(present.id)
        rows.add_rules(present.id, price.rules)
    rows.patches[present.id] = patch
