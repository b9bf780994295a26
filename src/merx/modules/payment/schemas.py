"""Bodies of the routes of payments.

In a capture or a refund, an omitted field is not null: it means the rest, or nothing.
"""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from merx.core.kinds import Input, Money, Number, Title


def _above_nothing(value: Decimal) -> Decimal:
    if value <= 0:
        raise PydanticCustomError("too_small", "too small", {"least": "0"})
    return value


Taken = Annotated[Number, AfterValidator(_above_nothing)]


class CreateCollection(Input):
    order_id: str
    amount: Money


class MarkAsPaid(Input):
    order_id: str
    provider_id: str = "pp_system_default"


class CreateSession(Input):
    """An attempt to pay; `data` is for the provider."""

    provider_id: str
    data: dict[str, Any] = Field(default_factory=dict[str, Any])


class CreateCartCollection(Input):
    cart_id: str


class CapturePayment(Input):
    amount: Taken = Decimal(0)

    @property
    def wanted(self) -> Decimal | None:
        """The amount, or None for all that is left."""
        return self.amount or None


class RefundPayment(CapturePayment):
    refund_reason_id: str = ""
    note: str = ""


class CreateRefundReason(Input):
    label: Title
    code: str
    description: str | None = None


class UpdateRefundReason(Input):
    label: Title = ""
    code: str = ""
    description: str | None = None
