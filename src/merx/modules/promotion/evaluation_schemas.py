"""The body of an evaluation: a cart that need not exist.

Merx's own; the reference has no such route.
"""

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, StrictBool, model_validator

from merx.core.kinds import Count, Input, Metadata, Number, at_least, rule

_NOTHING = Decimal(0)
Quantity = Annotated[Count, at_least(1)]


class EvaluatedItem(Input):
    """A quantity of a variant, or of a product, at a price without tax; the rate is in percent."""

    variant_id: str | None = None
    product_id: str | None = None
    quantity: Quantity = 1
    unit_price: Number
    tax_rate: Number = Field(default=_NOTHING)
    is_discountable: StrictBool = True
    metadata: Metadata | None = None

    @model_validator(mode="after")
    def _not_negative(self) -> Self:
        _refuse_negative(unit_price=self.unit_price, tax_rate=self.tax_rate)
        return self


class EvaluatedMethod(Input):
    shipping_option_id: str | None = None
    amount: Number
    tax_rate: Number = Field(default=_NOTHING)

    @model_validator(mode="after")
    def _not_negative(self) -> Self:
        _refuse_negative(amount=self.amount, tax_rate=self.tax_rate)
        return self


def _refuse_negative(**numbers: Any) -> None:
    for name, number in numbers.items():
        if number < 0:
            raise rule("must not be negative", name)


class EvaluateCart(Input):
    """Evaluates the automatic promotions, and those with the given codes and ids."""

    currency_code: str
    items: list[EvaluatedItem] = Field(default_factory=list[EvaluatedItem])
    shipping_methods: list[EvaluatedMethod] = Field(default_factory=list[EvaluatedMethod])
    email: str | None = None
    customer_id: str | None = None
    region_id: str | None = None
    sales_channel_id: str | None = None
    shipping_address: dict[str, str | None] = Field(default_factory=dict[str, str | None])
    promo_codes: list[str] = Field(default_factory=list[str])
    promotion_ids: list[str] = Field(default_factory=list[str])
    metadata: Metadata | None = None
