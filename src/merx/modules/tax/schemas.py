"""Bodies of tax routes."""

from decimal import Decimal
from typing import Any, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from merx.core.kinds import Input, Metadata, Money, OpenInput, Title

# In percent; like an amount, exact and not negative.
Rate = Money


def _given(value: Any) -> Any:
    """A rate may be omitted, which means none, but must not be null."""
    if value is None:
        raise PydanticCustomError("number_type", "not a number")
    return value


class DefaultRate(OpenInput):
    """The initial rate of a new region."""

    rate: Rate | None = None
    code: str
    name: Title
    is_combinable: bool = False
    metadata: Metadata | None = None

    @field_validator("rate", mode="before")
    @classmethod
    def _is_number(cls, value: Any) -> Any:
        return _given(value)


class CreateTaxRegion(Input):
    """The tax region of a country or, with a parent, of one of its provinces."""

    country_code: str
    provider_id: str | None = None
    province_code: str | None = None
    parent_id: str | None = None
    default_tax_rate: DefaultRate = DefaultRate.model_construct(code="", name="")
    metadata: Metadata | None = None
    additional_data: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _has_provider(self) -> Self:
        if not self.parent_id and not self.provider_id:
            raise PydanticCustomError(
                "sentence", "Provider is required when creating a non-province tax region."
            )
        return self


class UpdateTaxRegion(Input):
    province_code: str | None = None
    provider_id: str = ""
    metadata: Metadata | None = None


class RuleInput(OpenInput):
    """What a rate applies to."""

    reference: str
    reference_id: str


class AddRule(Input):
    """A further thing that a rate applies to."""

    reference: str
    reference_id: str


class CreateTaxRate(Input):
    rate: Rate | None = None
    code: str
    rules: list[RuleInput] = Field(default_factory=list[RuleInput])
    name: Title
    is_default: bool = False
    is_combinable: bool = False
    tax_region_id: str
    metadata: Metadata | None = None

    @field_validator("rate", mode="before")
    @classmethod
    def _is_number(cls, value: Any) -> Any:
        return _given(value)


class UpdateTaxRate(Input):
    """Changes to a rate; `rules` replaces the old ones."""

    rate: Rate = Decimal(0)
    code: str = ""
    rules: list[RuleInput] = Field(default_factory=list[RuleInput])
    name: Title = ""
    is_default: bool = False
    is_combinable: bool = False
    metadata: Metadata | None = None
