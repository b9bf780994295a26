"""Replace the prices of variants so that a price which stays keeps its id."""

from collections.abc import Mapping, Sequence
from typing import Any

from merx.batch import Insert, insert_all, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem, below
from merx.modules.pricing.models import Price, PriceRule
from merx.modules.pricing.prices import Key, PriceRows, price_key
from merx.modules.pricing.service import PresentPrice, lock_prices
from merx.modules.product.schemas import PriceUpdate


async def replace_prices(
    tx: Transaction,
    sets: Mapping[str, str],
    wanted: Mapping[str, Sequence[PriceUpdate]],
    paths: Mapping[str, str],
) -> None:
    """Give each variant (`sets`: variant id → price set id) exactly the wanted prices.

    A price with an id is changed; one without is matched by currency, rules and bounds, or made;
    those left out are deleted. Raises InvalidData for ids that are no price of their variant.
    """
    present: dict[str, list[PresentPrice]] = {}
    for price in await lock_prices(tx, [sets[variant_id] for variant_id in wanted]):
        present.setdefault(price.price_set_id, []).append(price)
    rows = PriceRows()
    problems: list[Problem] = []
    for variant_id, prices in wanted.items():
        set_id = sets[variant_id]
        strangers = _match(rows, set_id, present.get(set_id, []), prices)
        problems.extend(
            {
                "path": below(paths[variant_id], f"prices[{place}].id"),
                "message": f"Price with id: {price_id} was not found on variant {variant_id}",
            }
            for place, price_id in strangers
        )
    if problems:
        raise InvalidData(problems[0].get("message", ""), problems=problems)
    await _write(tx, rows)


def _match(
    rows: PriceRows,
    set_id: str,
    present: Sequence[PresentPrice],
    wanted: Sequence[PriceUpdate],
) -> list[tuple[int, str]]:
    """Note what becomes of the present and the wanted prices of one set; the places and ids of
    those that the set does not have."""
    by_id = {price.id: price for price in present}
    unmatched: dict[Key, PresentPrice] = {
        price_key(price.currency_code, price.min_quantity, price.max_quantity, price.rules): price
        for price in present
    }
    kept: dict[str, PriceUpdate] = {}
    new: dict[Key, PriceUpdate] = {}
    strangers: list[tuple[int, str]] = []
    named = {price.id for price in wanted if price.id is not None}
    for place, price in enumerate(wanted):
        if price.id is not None and price.id not in by_id:
            strangers.append((place, price.id))
        elif price.id is not None:
            kept[price.id] = price
        else:
            key = _key(price)
            same = unmatched.get(key)
            if same is not None and same.id not in named:
                kept[same.id] = price
            else:
                new[key] = price
    for price_id, price in kept.items():
        _patch(rows, by_id[price_id], price)
    for price in new.values():
        rows.add(set_id, price)
    dropped = [price for price in present if price.id not in kept]
    rows.dropped.extend(price.id for price in dropped)
    rows.replaced_rules.extend(price.id for price in dropped if price.rules)
    return strangers


def _key(price: PriceUpdate) -> Key:
    return price_key(price.currency_code or "", price.min_quantity, price.max_quantity, price.rules)


def _patch(rows: PriceRows, present: PresentPrice, price: PriceUpdate) -> None:
    given = price.model_fields_set
    patch: dict[str, Any] = {
        name: getattr(price, name)
        for name in ("amount", "min_quantity", "max_quantity")
        if name in given and not (name == "amount" and price.amount is None)
    }
    if price.currency_code:
        patch["currency_code"] = price.currency_code.lower()
    if "rules" in given and price.rules != present.rules:
        patch["rules_count"] = len(price.rules)
        if present.rules:
            rows.replaced_rules.append(present.id)
        rows.add_rules(present.id, price.rules)
    rows.patches[present.id] = patch


async def _write(tx: Transaction, rows: PriceRows) -> None:
    await soft_delete_rows(tx, Price.__table__, rows.dropped)
    await soft_delete_rows(tx, PriceRule.__table__, rows.replaced_rules, by="price_id")
    await update_rows(tx, Price.__table__, rows.patches)
    await insert_all(
        tx, Insert(Price.__table__, rows.prices), Insert(PriceRule.__table__, rows.rules)
    )
