"""Bodies of inventory routes. Fields stand in the order the reference checks them."""

from decimal import Decimal

from pydantic import Field

from merx.core.kinds import Input, Metadata, OpenInput, Stock, Whole

NOTHING = Decimal(0)


class LevelQuantities(Input):
    """What is stocked at a location and what is on its way there; left out, an update keeps it."""

    stocked_quantity: Stock = NOTHING
    incoming_quantity: Stock = NOTHING


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


class ItemLevel(OpenInput):
    """Quantities of any item at any location."""

    inventory_item_id: str
    location_id: str
    stocked_quantity: Stock = NOTHING
    incoming_quantity: Stock = NOTHING


class BatchLevels(Input):
    """Levels of the item in the path; `force` deletes what is still stocked."""

    create: list[LevelInput] = Field(default_factory=list[LevelInput])
    update: list[LevelChange] = Field(default_factory=list[LevelChange])
    delete: list[str] = Field(default_factory=list[str])
    force: bool = False


class BatchItemLevels(Input):
    """Levels of many items; `force` deletes what is still stocked."""

    create: list[ItemLevel] = Field(default_factory=list[ItemLevel])
    update: list[ItemLevel] = Field(default_factory=list[ItemLevel])
    delete: list[str] = Field(default_factory=list[str])
    force: bool = False


class UpdateInventoryItem(Input):
    sku: str | None = None
    hs_code: str | None = None
    weight: Whole | None = None
    length: Whole | None = None
    height: Whole | None = None
    width: Whole | None = None
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
