"""Validates application methods, with the reference's messages in its order."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from merx.batch import Row
from merx.core.errors import InvalidData
from merx.core.shapes import Document

# The reference also uses this message for a campaign that is given twice.
INCOMPLETE = (
    "Invalid request: Buyget promotions require at least one buy rule and quantities to be defined"
)


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """A method as it will be stored, and its number of rules."""

    type: str
    target_type: str
    value: Decimal | None
    allocation: str | None
    max_quantity: int | None
    apply_to_quantity: int | None
    buy_rules_min_quantity: int | None

    @classmethod
    def of(cls, columns: Row) -> Self:
        """The facts from the columns of a row."""
        return cls(**{name: columns[name] for name in cls.__dataclass_fields__})


def check_method(kind: str, method: MethodFacts, *, is_new: bool) -> None:
    """Refuse a method that is invalid for its type of promotion, `kind`.

    A new method allocated to each item must have a maximum quantity; as on the reference, a change
    may omit it and then applies to all units.
    """
    value = method.value or Decimal(0)
    if method.type == "fixed" and value < 0:
        raise InvalidData("Invalid request: Field 'application_method, value' must not be negative")
    if method.type == "percentage" and not 0 < value <= 100:
        raise InvalidData(
            "Application Method value should be a percentage number between 0 and 100"
        )
    if kind == "buyget":
        _check_buy_get(method)
    if method.allocation == "across" and method.max_quantity:
        raise InvalidData(
            "application_method.max_quantity is not allowed to be set for allocation (across)"
        )
    if method.target_type != "order" and method.allocation is None:
        raise InvalidData(
            "application_method.allocation should be either 'across OR each OR once' when"
            " application_method.target_type is either 'shipping_methods OR items'"
        )
    if is_new and method.allocation in ("each", "once") and not method.max_quantity:
        raise InvalidData(
            "application_method.max_quantity is required when application_method.allocation"
            " is 'each OR once'"
        )
    if method.allocation == "once" and method.target_type == "order":
        raise InvalidData(
            "application_method.allocation 'once' is not compatible with target_type 'order'"
        )


def _check_buy_get(method: MethodFacts) -> None:
    for name in ("apply_to_quantity", "buy_rules_min_quantity"):
        if not getattr(method, name):
            raise InvalidData(f"{name} is a required field for Promotion type of buyget")
    if not method.max_quantity:
        raise InvalidData(
            "application_method.max_quantity is a required field for Promotion type of buyget"
        )
    if method.apply_to_quantity and method.max_quantity < method.apply_to_quantity:
        raise InvalidData(
            f"max_quantity ({method.max_quantity}) must be greater than or equal to"
            f" apply_to_quantity ({method.apply_to_quantity}) for BUYGET promotions."
        )


def check_rule_counts(kind: str, method: MethodFacts, *, target_rules: int, buy_rules: int) -> None:
    """Refuse rules that the method must not have, or a method without those it needs."""
    if kind == "buyget" and not target_rules:
        raise InvalidData("Target rules are required for buyget promotion type")
    if kind == "standard" and buy_rules:
        raise InvalidData("Can't add buy rules to a standard promotion")
    if method.target_type == "order" and target_rules:
        raise InvalidData(
            "Target rules for application method with target type (order) is not allowed"
        )


def check_buy_get_body(method: Document) -> None:
    """Refuse a new buy-get promotion that does not say what must be bought, and how many."""
    quantities = (method["apply_to_quantity"], method["buy_rules_min_quantity"])
    if not method["buy_rules"] or None in quantities:
        raise InvalidData(INCOMPLETE)
