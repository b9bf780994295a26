"""Bodies of inventory routes. Fields stand in the order the reference checks them."""

from decimal import Decimal

from pydantic import Field

from merx.core.kinds import Code, Input, Metadata, Number, OpenInput, Real, Stock

NOTHING = Decimal(0)


class LevelQuantities(Input):
    """What is stocked at a location and what is on its way there; left out, an update keeps it.

    With `expected_stocked_quantity` nothing is set unless so much is stocked before.
    """

    stocked_quantity: Stock = NOTHING
    incoming_quantity: Stock = NOTHING
    expected_stocked_quantity: Number | None = None


class LevelInput(Input):
    """Quantities of an item at one location."""

    location_id: str
    stocked_quantity: Stock = NOTHING
    incoming_quantity: Stock = NOTHING


class LevelChange(Input):
    """Quantities to set at a location; an `id`, if given, must be that of the level there."""

    id: str | None = None
    location_id: str
    stocked_quantity: Stock = NOTHING
    incoming_quantity: Stock = NOTHING
    expected_stocked_quantity: Number | None = None


class ItemLevel(OpenInput):
    """Quantities of any item at any location."""

    inventory_item_id: str
    location_id: str
    stocked_quantity: Stock = NOTHING
    incoming_quantity: Stock = NOTHING


class ItemLevelChange(ItemLevel):
    """Quantities to set of any item at any location."""

    expected_stocked_quantity: Number | None = None


class Adjustment(Input):
    """By how much what is stocked of an item at a location changes, why, and what it belongs to."""

    inventory_item_id: str
    location_id: str
    delta: Number
    reason: str = Field(default="adjusted", min_length=1)
    reference: str | None = None


class BatchLevels(Input):
    """Levels of the item in the path; `force` deletes what is still stocked."""

    create: list[LevelInput] = Field(default_factory=list[LevelInput])
    update: list[LevelChange] = Field(default_factory=list[LevelChange])
    delete: list[str] = Field(default_factory=list[str])
    force: bool = False


class BatchItemLevels(Input):
    """Levels of many items; `force` deletes what is still stocked."""

    create: list[ItemLevel] = Field(default_factory=list[ItemLevel])
    update: list[ItemLevelChange] = Field(default_factory=list[ItemLevelChange])
    adjustments: list[Adjustment] = Field(default_factory=list[Adjustment])
    delete: list[str] = Field(default_factory=list[str])
    force: bool = False


class UpdateInventoryItem(Input):
    sku: Code = None
    hs_code: str | None = None
    weight: Real | None = None
    length: Real | None = None
    height: Real | None = None
    width: Real | None = None
    origin_country: str | None = None
    mid_code: str | None = None
    material: str | None = None
    unit_of_measure: str | None = None
    title: str | None = None
    description: str | None = None
    requires_shipping: bool = True
    thumbnail: str | None = None
    metadata: Metadata | None = None


class CreateInventoryItem(UpdateInventoryItem):
    location_levels: list[LevelInput] = Field(default_factory=list[LevelInput])


class UpdateReservation(Input):
    """A change of a reservation; the item and `allow_backorder` are ours."""

    location_id: str = ""
    quantity: Stock = NOTHING
    description: str | None = None
    metadata: Metadata | None = None
    inventory_item_id: str = ""
    allow_backorder: bool = False


class CreateReservation(Input):
    """A hold on stock; with `allow_backorder` also on what is not there."""

    line_item_id: str | None = None
    location_id: str
    inventory_item_id: str
    quantity: Stock
    description: str | None = None
    metadata: Metadata | None = None
    allow_backorder: bool = False
