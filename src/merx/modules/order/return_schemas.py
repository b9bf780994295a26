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
    """A quantity of a line to return, and why."""

    id: str
    quantity: Number
    description: str | None = None
    internal_note: str | None = None
    reason_id: str | None = None
    metadata: Metadata | None = None


class RequestItems(Input):
    items: list[ReturnedItem] = Field(max_length=1000)


class UnitsOf(Input):
    """A quantity of a line."""

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
    """A quantity of a variant that an edit, an exchange or a claim adds to an order."""

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
    """Changes to an item that an edit adds; omitted fields keep their value."""

    quantity: Count | None = None
    unit_price: Money | None = None
    compare_at_unit_price: Money | None = None
    internal_note: str | None = None


class BeginPart(Input):
    """The body that starts an exchange, and the part that claims share with it."""

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
    """A quantity of a line that was wrong, and why."""

    id: str
    quantity: Number
    reason: Annotated[ClaimReason, one_of(*CLAIM_REASONS)] | None = None
    description: str | None = None
    internal_note: str | None = None
    metadata: Metadata | None = None


class ClaimItems(Input):
    items: list[ClaimedItem] = Field(max_length=1000)


class StoreReturnedItem(OpenInput):
    """A quantity that a shopper returns."""

    id: str
    quantity: Annotated[Number, at_least(1)]
    reason_id: str | None = None
    note: str | None = None


class WayBack(OpenInput):
    """How the items come back. A price sent by the shopper is ignored."""

    option_id: str
    price: Number | None = None


class StoreReturn(Input):
    """A return requested by a shopper."""

    order_id: str
    items: list[StoreReturnedItem] = Field(max_length=1000)
    return_shipping: WayBack
    note: str | None = None
    receive_now: bool | None = None
    location_id: str | None = None
