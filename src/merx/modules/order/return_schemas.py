"""Bodies of order edits, returns, claims and exchanges."""

from typing import Annotated, Literal

from pydantic import Field

from merx.core.kinds import Count, Input, Metadata, Money, Number, OpenInput, at_least, one_of

CLAIM_REASONS = ("missing_item", "wrong_item", "production_failure", "other")
ClaimReason = Literal["missing_item", "wrong_item", "production_failure", "other"]
Units = Annotated[list["UnitsOf"], Field(max_length=1000)]


class BeginEdit(Input):
    order_id: str
    description: str | None = None
    internal_note: str | None = None
    metadata: Metadata | None = None


class BeginReturn(Input):
    order_id: str
    location_id: str | None = None
    description: str | None = None
    internal_note: str | None = None
    no_notification: bool | None = None
    metadata: Metadata | None = None


class UpdateReturn(Input):
    location_id: str | None = None
    no_notification: bool | None = None
    metadata: Metadata | None = None


class ReturnedItem(Input):
    """So many units of a line that are to come back, and why."""

    id: str
    quantity: Number
    description: str | None = None
    internal_note: str | None = None
    reason_id: str | None = None
    metadata: Metadata | None = None


class RequestItems(Input):
    items: list[ReturnedItem] = Field(max_length=1000)


class UnitsOf(Input):
    """So many units of a line."""

    id: str
    quantity: Annotated[Number, at_least(1)]
    internal_note: str | None = None


class ReceiveItems(Input):
    items: Units


class PatchReturnItem(Input):
    quantity: Number | None = None
    internal_note: str | None = None
    reason_id: str | None = None
    metadata: Metadata | None = None


class BeginReceive(Input):
    internal_note: str | None = None
    description: str | None = None
    metadata: Metadata | None = None


class AddMethod(Input):
    shipping_option_id: str
    custom_amount: Number | None = None
    description: str | None = None
    internal_note: str | None = None
    metadata: Metadata | None = None


class PatchMethod(Input):
    custom_amount: Number | None = None
    internal_note: str | None = None
    metadata: Metadata | None = None


class AddedVariant(Input):
    """So many of a variant that an edit, an exchange or a claim adds to an order."""

    variant_id: str
    quantity: Count
    unit_price: Money | None = None
    compare_at_unit_price: Money | None = None
    internal_note: str | None = None
    allow_backorder: bool | None = None
    metadata: Metadata | None = None


class AddVariants(Input):
    items: list[AddedVariant] = Field(max_length=1000)


class PatchAdded(Input):
    """A line that an edit adds, said anew; what is not given stays."""

    quantity: Count | None = None
    unit_price: Money | None = None
    compare_at_unit_price: Money | None = None
    internal_note: str | None = None


class BeginPart(Input):
    """An exchange, or what a claim has in common with one."""

    order_id: str
    description: str | None = None
    internal_note: str | None = None
    metadata: Metadata | None = None


class BeginClaim(BeginPart):
    type: Annotated[Literal["refund", "replace"], one_of("refund", "replace")]
    reason_id: str | None = None


class BringBack(Input):
    location_id: str | None = None
    items: list[ReturnedItem] = Field(max_length=1000)


class ClaimedItem(Input):
    """So many units of a line that were wrong, and why."""

    id: str
    quantity: Number
    reason: Annotated[ClaimReason, one_of(*CLAIM_REASONS)] | None = None
    description: str | None = None
    internal_note: str | None = None
    metadata: Metadata | None = None


class ClaimItems(Input):
    items: list[ClaimedItem] = Field(max_length=1000)


class StoreReturnedItem(OpenInput):
    """So many units that a shopper sends back."""

    id: str
    quantity: Annotated[Number, at_least(1)]
    reason_id: str | None = None
    note: str | None = None


class WayBack(OpenInput):
    """How they come back. A price that the shopper names is not taken."""

    option_id: str
    price: Number | None = None


class StoreReturn(Input):
    """Goods that a shopper sends back."""

    order_id: str
    items: list[StoreReturnedItem] = Field(max_length=1000)
    return_shipping: WayBack
    note: str | None = None
    receive_now: bool | None = None
    location_id: str | None = None
