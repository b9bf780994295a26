"""Prices of one price set: the inserts, updates and deletions that a wanted list of prices needs.

Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from merx.batch import Row
from merx.core.ids import new_id

Rules = Mapping[str, str]


class Key(NamedTuple):
    """What makes two prices of the same set and price list equal."""

    currency_code: str
    min_quantity: Decimal | None
    max_quantity: Decimal | None
    rules_key: str


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

    prices: list[Row] = field(default_factory=list[Row])
    rules: list[Row] = field(default_factory=list[Row])
    patches: dict[str, Row] = field(default_factory=dict[str, Row])
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
                **rule_columns(rules),
            }
        )
        self.add_rules(price_id, rules)

    def add_rules(self, price_id: str, rules: Rules) -> None:
        """Add rules to a price."""
        self.rules.extend(rule_rows(price_id, rules))


def rule_rows(price_id: str, rules: Rules) -> list[Row]:
    """The rows of a price's rules."""
    return [
        {"id": new_id("prule"), "price_id": price_id, "attribute": attribute, "value": value}
        for attribute, value in rules.items()
    ]


def rule_columns(rules: Rules) -> Row:
    """The columns of a price that summarize its rules."""
    return {"rules_count": len(rules), "rules_key": _rules_key(rules)}


def _rules_key(rules: Rules) -> str:
    if not rules:
        return ""
    return rules_key((attribute, "eq", value) for attribute, value in rules.items())


def rules_key(rules: Iterable[tuple[str, str, str]]) -> str:
    """One text of fixed length for a set of rules (attribute, operator, value).

    It is part of the unique index of prices: rules are rows of their own, which an index cannot
    include.
    """
    texts = sorted("\x1f".join(rule) for rule in rules)
    return sha256("\x1e".join(texts).encode()).hexdigest() if texts else ""


def price_key(price: WantedPrice) -> Key:
    """The key of a given price."""
    return Key(
        price.currency_code.lower(),
        price.min_quantity,
        price.max_quantity,
        _rules_key(price.rules),
    )


def without_repeats(prices: Sequence[WantedPrice]) -> list[WantedPrice]:
    """Of equal prices (currency, bounds, rules) the last one wins, as on the reference."""
    return list({price_key(price): price for price in prices}.values())
