"""Prices of one price set: which rows a wanted list of prices makes, keeps and drops. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from merx.core.ids import new_id

Rules = Mapping[str, str]
Key = tuple[str, Decimal | None, Decimal | None, frozenset[tuple[str, str]]]


class WantedPrice(Protocol):
    """A price as a body gives it."""

    currency_code: Any
    amount: Any
    min_quantity: Decimal | None
    max_quantity: Decimal | None
    rules: dict[str, str]


@dataclass(slots=True)
class PriceRows:
    """Rows to insert, patches by price id, and ids to delete; rules likewise."""

    prices: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    rules: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    patches: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    dropped: list[str] = field(default_factory=list[str])
    replaced_rules: list[str] = field(default_factory=list[str])

    def add(self, price_set_id: str, price: WantedPrice) -> None:
        """A new price of the set."""
        price_id = new_id("price")
        rules = price.rules
        self.prices.append(
            {
                "id": price_id,
                "price_set_id": price_set_id,
                "currency_code": price.currency_code.lower(),
                "amount": price.amount,
                "min_quantity": price.min_quantity,
                "max_quantity": price.max_quantity,
                "rules_count": len(rules),
            }
        )
        self.add_rules(price_id, rules)

    def add_rules(self, price_id: str, rules: Rules) -> None:
        """Rules of a price."""
        self.rules.extend(rule_rows(price_id, rules))


def rule_rows(price_id: str, rules: Rules) -> list[dict[str, Any]]:
    """The rows of a price's rules."""
    return [
        {"id": new_id("prule"), "price_id": price_id, "attribute": attribute, "value": value}
        for attribute, value in rules.items()
    ]


def price_key(
    currency_code: str, min_quantity: Decimal | None, max_quantity: Decimal | None, rules: Rules
) -> Key:
    """What makes two prices of one set the same price."""
    return (currency_code.lower(), min_quantity, max_quantity, frozenset(rules.items()))


def without_repeats(prices: Sequence[WantedPrice]) -> list[WantedPrice]:
    """Of equal prices (currency, bounds, rules) the last one counts, as on the reference."""
    last: dict[Key, WantedPrice] = {}
    for price in prices:
        key = price_key(price.currency_code, price.min_quantity, price.max_quantity, price.rules)
        last[key] = price
    return list(last.values())
