"""Bodies of inventory routes. Fields are declared in the order the reference checks them."""

from decimal import Decimal

from pydantic import Field

from merx.core.kinds import Code, Input, Metadata, Number, OpenInput, Real, Stock

NOTHING = Decimal(0)


class LevelQuantities(Input):
    """The stocked and incoming quantities at a location; an update keeps omitted ones.

    With `expected_stocked_quantity` nothing is set unless that is the current stocked quantity.
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
    """Quantities to set at a location; an `id`, if given, must be that of its level."""

    id: str = ""
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
    """A change of an item's stocked quantity at a location, why, and its reference."""

    inventory_item_id: str
    location_id: str
    delta: Number
    reason: str = Field(default="adjusted", min_length=1)
    reference: str | None = None


class BatchLevels(Input):
    """Levels of the item in the path; `force` deletes levels that still have stock."""

    create: list[LevelInput] = Field(default_factory=list[LevelInput])
    update: list[LevelChange] = Field(default_factory=list[LevelChange])
    delete: list[str] = Field(default_factory=list[str])
    force: bool = False


class BatchItemLevels(Input):
    """Levels of many items; `force` deletes levels that still have stock."""

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
    """A change of a reservation; changing the item and `allow_backorder` are Merx's own."""

    location_id: str = ""
    quantity: Stock = NOTHING
    description: str | None = None
    metadata: Metadata | None = None
    inventory_item_id: str = ""
    allow_backorder: bool = False


class CreateReservation(Input):
    """A new reservation; `allow_backorder` allows it beyond the stock."""

    line_item_id: str | None = None
    location_id: str
    inventory_item_id: str
    quantity: Stock
    description: str | None = None
    metadata: Metadata | None = None
    allow_backorder: bool = False
