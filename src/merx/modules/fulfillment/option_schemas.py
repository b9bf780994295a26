"""Bodies of shipping option routes. Fields are declared in the order the reference checks them."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from merx.core.kinds import Input, Metadata, Money, Number, OpenInput, Title, one_of, rule
from merx.core.shapes import Json, is_dict, is_list

OPERATORS = ("in", "eq", "ne", "gt", "gte", "lt", "lte", "nin")
PRICE_OPERATORS = ("gte", "lte", "gt", "lt", "eq")
PRICE_TYPES = ("calculated", "flat")


def _is_rule_value(value: Any) -> bool:
    return isinstance(value, str) or (is_list(value) and all(isinstance(one, str) for one in value))


def _rule_value(value: Any) -> Any:
    if not _is_rule_value(value):
        raise PydanticCustomError("enum", "not a value", {"expected": "string, array"})
    return value


Operator = Annotated[Literal["in", "eq", "ne", "gt", "gte", "lt", "lte", "nin"], one_of(*OPERATORS)]
RuleValue = Annotated[
    Any,
    BeforeValidator(_rule_value),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
PriceType = Annotated[Literal["calculated", "flat"], one_of(*PRICE_TYPES)]


class OptionRule(Input):
    """A condition on the context in which an option is available."""

    operator: Operator
    attribute: str
    value: RuleValue


class OptionRulePatch(Input):
    """An existing rule, given whole."""

    id: str
    operator: Operator
    attribute: str
    value: RuleValue


class OptionRuleWish(OptionRule):
    """An existing rule to keep, by its id, or a new one."""

    id: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, value: Any) -> Any:
        """The first issue as the reference finds it: with an id, or otherwise without."""
        if not is_dict(value):
            return value
        issue = _rule_issue(value)
        others = set(value) - {"id", "operator", "attribute", "value"}
        if "id" not in value and not issue and not others:
            return value
        if not isinstance(value.get("id"), str):
            raise rule("is required", "id")
        if issue:
            raise rule("is required", issue)
        if others:
            raise PydanticCustomError("flag", "Invalid input")
        return value


def _rule_issue(value: Json) -> str:
    if value.get("operator") not in OPERATORS:
        return "operator"
    if not isinstance(value.get("attribute"), str):
        return "attribute"
    return "" if _is_rule_value(value.get("value")) else "value"


class PriceCondition(OpenInput):
    """A condition on the cart under which a price applies."""

    attribute: Literal["item_total"]
    operator: Literal["gte", "lte", "gt", "lt", "eq"]
    value: Number


_KEYS = ("currency_code", "region_id")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _price_issue(value: Json, key: str, *, required: bool) -> str:
    """The first issue of a price in a currency, or in a region (`key`)."""
    if not isinstance(value.get(key), str) and (required or key in value):
        return key
    if not _is_number(value.get("amount")) and (required or "amount" in value):
        return "amount"
    conditions = value.get("rules", [])
    if not is_list(conditions):
        return "rules"
    for place, one in enumerate(conditions):
        issue = _condition_issue(one)
        if issue is not None:
            return f"rules, {place}{issue}"
    return ""


def _condition_issue(one: Any) -> str | None:
    if not is_dict(one):
        return ""
    if one.get("attribute") != "item_total":
        return ", attribute"
    if one.get("operator") not in PRICE_OPERATORS:
        return ", operator"
    return None if _is_number(one.get("value")) else ", value"


def _check_price(value: Any, *, own: set[str], required: bool) -> None:
    """The issue that the reference finds first: of a price in a currency, else in a region."""
    if not is_dict(value):
        return
    first = _price_issue(value, "currency_code", required=required)
    second = _price_issue(value, "region_id", required=required)
    strangers = [set(value) - (own | {key, "amount", "rules"}) for key in _KEYS]
    if (not first and not strangers[0]) or (not second and not strangers[1]):
        return
    if first or second:
        raise rule("is required", first or second)
    raise PydanticCustomError("flag", "Invalid input")


class OptionPrice(OpenInput):
    """An amount in a currency, or for the buyers of a region in that region's; in major units."""

    currency_code: str | None = None
    region_id: str | None = None
    amount: Money
    rules: list[PriceCondition] = Field(default_factory=list[PriceCondition])

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, value: Any) -> Any:
        _check_price(value, own=set(), required=True)
        return value


class OptionPricePatch(OpenInput):
    """A price to keep, by its id, or a new one."""

    id: str | None = None
    currency_code: str | None = None
    region_id: str | None = None
    amount: Money = Decimal(0)
    rules: list[PriceCondition] = Field(default_factory=list[PriceCondition])

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, value: Any) -> Any:
        if is_dict(value) and "id" in value and not isinstance(value["id"], str):
            raise rule("is required", "id")
        _check_price(value, own={"id"}, required=False)
        if is_dict(value) and "id" not in value:
            if not set(value) & set(_KEYS):
                raise rule("is required", "currency_code")
            if "amount" not in value:
                raise rule("is required", "amount")
        return value


class TypeInput(Input):
    """A new shipping option type."""

    label: Title
    description: str = ""
    code: str


class CreateShippingOption(Input):
    """A new option, with an existing type (`type_id`) or a new one (`type`)."""

    name: Title
    service_zone_id: str
    shipping_profile_id: str
    data: Metadata = Field(default_factory=dict[str, Any])
    price_type: PriceType
    provider_id: str
    type: TypeInput = Field(default=None)  # pyright: ignore[reportAssignmentType]
    type_id: str = ""
    prices: list[OptionPrice]
    rules: list[OptionRule] = Field(default_factory=list[OptionRule])
    metadata: Metadata = Field(default_factory=dict[str, Any])

    @model_validator(mode="after")
    def _one_type(self) -> "CreateShippingOption":
        if ("type" in self.model_fields_set) == ("type_id" in self.model_fields_set):
            raise PydanticCustomError(
                "sentence", "Exactly one of 'type' or 'type_id' must be provided, but not both"
            )
        return self


class UpdateShippingOption(Input):
    """Prices and rules replace those the option had."""

    name: Title = ""
    data: Metadata = Field(default_factory=dict[str, Any])
    price_type: PriceType = "flat"
    provider_id: str = ""
    shipping_profile_id: str = ""
    type: TypeInput = Field(default=None)  # pyright: ignore[reportAssignmentType]
    type_id: str = ""
    prices: list[OptionPricePatch] = Field(default_factory=list[OptionPricePatch])
    rules: list[OptionRuleWish] = Field(default_factory=list[OptionRuleWish])
    metadata: Metadata = Field(default_factory=dict[str, Any])

    @model_validator(mode="after")
    def _one_type(self) -> "UpdateShippingOption":
        if {"type", "type_id"} <= self.model_fields_set:
            raise PydanticCustomError("sentence", "Only one of 'type' or 'type_id' can be provided")
        return self


class BatchOptionRules(Input):
    """Rules to delete, then to update, then to create."""

    create: list[OptionRule] = Field(default_factory=list[OptionRule])
    update: list[OptionRulePatch] = Field(default_factory=list[OptionRulePatch])
    delete: list[str] = Field(default_factory=list[str])


class CreateShippingOptionType(Input):
    label: Title
    code: str
    description: str = ""


class UpdateShippingOptionType(Input):
    label: Title = ""
    code: str = ""
    description: str = ""
