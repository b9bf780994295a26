"""Prices of shipping options: in a currency, or for the buyers of a region in the region's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from merx.batch import Insert, Row, insert_all, lock_rows, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem, below, refuse
from merx.core.ids import new_id
from merx.modules.fulfillment.option_schemas import OptionPrice, OptionPricePatch
from merx.modules.pricing.models import Price, PriceRule
from merx.modules.pricing.prices import rules_key
from merx.modules.pricing.service import (
    PresentPrice,
    change_prices,
    lock_prices,
    unknown_currencies,
)
from merx.modules.region.models import Region

_PRICES = Price.__table__
_RULES = PriceRule.__table__

Wanted = OptionPrice | OptionPricePatch
# attribute, operator, value
Condition = tuple[str, str, str]
# Region id → its currency.
Regions = Mapping[str, str]


@dataclass(slots=True)
class PriceChanges:
    """Rows to insert, patches by price id, and ids of prices or rules to delete."""

    prices: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    rules: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    patches: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    dropped: list[str] = field(default_factory=list[str])
    without_rules: list[str] = field(default_factory=list[str])

    def add(self, set_id: str, price: Wanted, regions: Regions) -> None:
        """A new price of the set."""
        price_id, conditions = new_id("price"), conditions_of(price)
        self.prices.append(
            {
                "id": price_id,
                "price_set_id": set_id,
                "currency_code": currency_of(price, regions),
                "amount": price.amount,
                **_bound(conditions),
            }
        )
        self.add_rules(price_id, conditions)

    def change(self, price: OptionPricePatch, regions: Regions) -> None:
        """Change an existing price.

        Its currency or region and its conditions belong together: a body with any of them replaces
        all.
        """
        assert price.id is not None
        given = price.model_fields_set
        patch: dict[str, Any] = {"amount": price.amount} if "amount" in given else {}
        if price.currency_code or price.region_id:
            patch["currency_code"] = currency_of(price, regions)
        if given & {"currency_code", "region_id", "rules"}:
            conditions = conditions_of(price)
            patch |= _bound(conditions)
            self.without_rules.append(price.id)
            self.add_rules(price.id, conditions)
        self.patches[price.id] = patch

    def add_rules(self, price_id: str, conditions: Sequence[Condition]) -> None:
        """Add conditions to a price."""
        self.rules.extend(
            {
                "id": new_id("prule"),
                "price_id": price_id,
                "attribute": attribute,
                "operator": operator,
                "value": value,
            }
            for attribute, operator, value in conditions
        )


def _bound(conditions: Sequence[Condition]) -> Row:
    """The columns of a price that summarize its conditions."""
    return {"rules_count": len(conditions), "rules_key": rules_key(conditions)}


def conditions_of(price: Wanted) -> list[Condition]:
    """The conditions of a price: the cart's total, and its region."""
    totals = [(one.attribute, one.operator, _text(one.value)) for one in price.rules]
    region = [("region_id", "eq", price.region_id)] if price.region_id else []
    return [*totals, *region]


def currency_of(price: Wanted, regions: Regions) -> str:
    """The currency of a price: its own, or its region's."""
    return regions[price.region_id] if price.region_id else (price.currency_code or "").lower()


async def hold_currencies(
    tx: Transaction, wanted: Sequence[tuple[str, Sequence[Wanted]]]
) -> Regions:
    """Lock the regions of the prices, each list with its path, and check all currencies.

    Raises InvalidData for regions and currencies that do not exist.
    """
    prices = [price for _, listed in wanted for price in listed]
    ids = [price.region_id for price in prices if price.region_id]
    records = await lock_rows(tx, Region.__table__, ids, "currency_code", shared=True)
    regions = {record["id"]: record["currency_code"] for record in records}
    missing = dict.fromkeys(region_id for region_id in ids if region_id not in regions)
    if missing:
        raise InvalidData(
            "Cannot create prices for non-existent regions."
            f" Region with ids [{', '.join(missing)}] were not found."
        )
    error = await unknown_currencies(
        tx,
        [
            (below(path, f"prices[{place}].currency_code"), price.currency_code)
            for path, listed in wanted
            for place, price in enumerate(listed)
            if price.currency_code is not None
        ],
    )
    if error:
        raise error
    return regions


def new_prices(set_id: str, wanted: Sequence[Wanted], regions: Regions) -> PriceChanges:
    """The rows of new prices; of equal ones (currency, conditions) the last wins."""
    last = {
        (currency_of(price, regions), frozenset(conditions_of(price))): price for price in wanted
    }
    changes = PriceChanges()
    for price in last.values():
        changes.add(set_id, price, regions)
    return changes


async def replace_option_prices(
    tx: Transaction, option_id: str, set_id: str, wanted: Sequence[OptionPricePatch]
) -> None:
    """Give a locked option exactly the wanted prices; those with an id are kept and changed.

    Raises InvalidData for ids that are not prices of the option.
    """
    regions = await hold_currencies(tx, [("", wanted)])
    present = {price.id: price for price in await lock_prices(tx, [set_id])}
    problems: list[Problem] = [
        {
            "path": f"prices[{place}].id",
            "message": f"Price with id: {price.id} was not found on shipping option {option_id}",
        }
        for place, price in enumerate(wanted)
        if price.id is not None and price.id not in present
    ]
    refuse(problems)
    changes = new_prices(set_id, [price for price in wanted if price.id is None], regions)
    for price in wanted:
        if price.id is not None:
            changes.change(price, regions)
    changes.dropped = sorted(set(present) - set(changes.patches))
    await _write(tx, changes, present)


async def _write(
    tx: Transaction, changes: PriceChanges, present: Mapping[str, PresentPrice]
) -> None:
    await soft_delete_rows(tx, _PRICES, changes.dropped)
    await soft_delete_rows(tx, _RULES, [*changes.dropped, *changes.without_rules], by="price_id")
    await change_prices(tx, present, changes.patches)
    await insert_all(tx, Insert(_PRICES, changes.prices), Insert(_RULES, changes.rules))


def _text(value: Decimal) -> str:
    return format(value, "f")
