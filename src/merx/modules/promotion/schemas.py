"""Bodies of promotion and campaign routes.

Fields are declared in the order the reference checks them.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Protocol, Self, TypeVar

from pydantic import BeforeValidator, Field, StrictBool, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from merx.core.clock import parse_time
from merx.core.kinds import Count, Input, Metadata, Number, Title, Whole, at_least, one_of, rule
from merx.core.shapes import is_list


def _moment(value: Any) -> datetime | None:
    """A time as text, or as JavaScript's milliseconds since 1970."""
    if value is None:
        return None
    moment = parse_time(value) if isinstance(value, str) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        moment = _since_1970(value)
    if moment is None:
        raise PydanticCustomError("date_type", "not a date")
    return moment


def _since_1970(milliseconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _texts(value: Any) -> Any:
    """One text or several; anything else counts as missing, as on the reference."""
    texts = [value] if isinstance(value, str) else value
    if not is_list(texts) or not all(isinstance(one, str) for one in texts):
        raise PydanticCustomError("list_type", "not a list of texts")
    return texts


Type = Annotated[Literal["standard", "buyget"], one_of("standard", "buyget")]
Status = Annotated[Literal["draft", "active", "inactive"], one_of("draft", "active", "inactive")]
MethodType = Annotated[Literal["fixed", "percentage"], one_of("fixed", "percentage")]
TargetType = Annotated[
    Literal["order", "shipping_methods", "items"], one_of("order", "shipping_methods", "items")
]
Allocation = Annotated[Literal["each", "across", "once"], one_of("each", "across", "once")]
_OPERATORS = ("gte", "lte", "gt", "lt", "eq", "ne", "in")
Operator = Annotated[Literal["gte", "lte", "gt", "lt", "eq", "ne", "in"], one_of(*_OPERATORS)]
BudgetType = Annotated[
    Literal["spend", "usage", "use_by_attribute", "spend_by_attribute"],
    one_of("spend", "usage", "use_by_attribute", "spend_by_attribute"),
]
Moment = Annotated[
    datetime | None,
    BeforeValidator(_moment),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}),
]
Limit = Annotated[Count, at_least(1)]
Texts = Annotated[list[str], BeforeValidator(_texts, json_schema_input_type=str | list[str])]


def _quantity(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        raise rule("must not be negative")
    return value


Quantity = Annotated[Whole, BeforeValidator(_quantity, json_schema_input_type=float)]


class NewRule(Input):
    """A condition: the values at `attribute` compare with `values` by `operator`."""

    operator: Operator
    description: str | None = None
    attribute: str
    values: Texts


class RulePatch(Input):
    id: str
    operator: Operator = "eq"
    description: str | None = None
    attribute: str = ""
    values: Texts


class BatchRules(Input):
    """Rules to delete, then to update, then to create."""

    create: list[NewRule] = Field(default_factory=list[NewRule])
    update: list[RulePatch] = Field(default_factory=list[RulePatch])
    delete: list[str] = Field(default_factory=list[str])


class NewBudget(Input):
    """`attribute` names what a budget by attribute counts by: `customer_id`."""

    type: BudgetType
    limit: Number | None = None
    currency_code: str | None = None
    attribute: str | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.type == "spend" and not self.currency_code:
            raise _sentence("currency_code is required when budget type is spend")
        if self.type == "usage" and self.currency_code:
            raise _sentence("currency_code should not be present when budget type is usage")
        if self.type.endswith("_by_attribute") and not self.attribute:
            raise _sentence(
                "campaign budget attribute is required when budget type is"
                " USE_BY_ATTRIBUTE or SPEND_BY_ATTRIBUTE"
            )
        return self


def _sentence(text: str) -> PydanticCustomError:
    return PydanticCustomError("sentence", "{text}", {"text": text})


class BudgetPatch(Input):
    limit: Number | None = None


class CampaignOfPromotion(Input):
    """A campaign created together with its first promotion."""

    name: Title
    campaign_identifier: str
    description: str | None = None
    budget: NewBudget | None = None
    starts_at: Moment = None
    ends_at: Moment = None


NO_CAMPAIGN = CampaignOfPromotion.model_construct(name="", campaign_identifier="")


class CreateCampaign(CampaignOfPromotion):
    additional_data: Metadata | None = None


class UpdateCampaign(Input):
    name: Title = ""
    campaign_identifier: str = ""
    description: str | None = None
    budget: BudgetPatch = Field(default_factory=BudgetPatch)
    starts_at: Moment = None
    ends_at: Moment = None
    additional_data: Metadata | None = None


class NewMethod(Input):
    """How much is taken off what. `description` is accepted and ignored, as on the reference."""

    description: str | None = None
    value: Number
    currency_code: str | None = None
    max_quantity: Quantity | None = None
    type: MethodType
    target_type: TargetType
    allocation: Allocation = "across"
    target_rules: list[NewRule] = Field(default_factory=list[NewRule])
    buy_rules: list[NewRule] = Field(default_factory=list[NewRule])
    apply_to_quantity: Quantity | None = None
    buy_rules_min_quantity: Quantity | None = None


class MethodPatch(Input):
    description: str | None = None
    value: Number = Decimal(0)
    max_quantity: Quantity | None = None
    currency_code: str | None = None
    type: MethodType = "fixed"
    target_type: TargetType = "items"
    allocation: Allocation = "across"
    apply_to_quantity: Quantity | None = None
    buy_rules_min_quantity: Quantity | None = None


class _Limited(Protocol):
    is_automatic: bool
    limit: int | None


_Promotion = TypeVar("_Promotion", bound=_Limited)


def _no_automatic_limit(promotion: _Promotion) -> _Promotion:
    if promotion.is_automatic and promotion.limit is not None:
        raise _sentence("Automatic promotions cannot have a usage limit")
    return promotion


class CreatePromotion(Input):
    code: str
    is_automatic: StrictBool = False
    type: Type
    is_tax_inclusive: StrictBool = False
    status: Status = "draft"
    campaign_id: str | None = None
    campaign: CampaignOfPromotion = NO_CAMPAIGN
    application_method: NewMethod
    rules: list[NewRule] = Field(default_factory=list[NewRule])
    limit: Limit | None = None
    metadata: Metadata | None = None
    additional_data: Metadata | None = None

    _limit = model_validator(mode="after")(_no_automatic_limit)


class UpdatePromotion(Input):
    code: str = ""
    is_automatic: StrictBool = False
    is_tax_inclusive: StrictBool = False
    type: Type = "standard"
    status: Status = "draft"
    campaign_id: str | None = None
    application_method: MethodPatch = Field(default_factory=MethodPatch)
    limit: Limit | None = None
    metadata: Metadata | None = None
    additional_data: Metadata | None = None

    _limit = model_validator(mode="after")(_no_automatic_limit)
