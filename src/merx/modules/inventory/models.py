"""Tables of stock."""

from decimal import Decimal
from typing import Annotated

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import (
    Amount,
    Base,
    Flag,
    FlagOn,
    Id,
    Measure,
    Metadata,
    Time,
    Timestamps,
    check,
    grams_index,
    index,
    live_unique,
)
from merx.modules.inventory.search_texts import ITEM_TEXTS

Quantity = Annotated[Decimal, mapped_column(Numeric, server_default=text("0"))]


class InventoryItem(Base, Timestamps):
    """Something kept in stock, identified by its sku."""

    __tablename__ = "inventory_item"
    __table_args__ = (
        live_unique("inventory_item", "sku"),
        index("inventory_item", "created_at"),
        grams_index("inventory_item", *ITEM_TEXTS),
    )

    id: Mapped[Id]
    sku: Mapped[str | None]
    origin_country: Mapped[str | None]
    hs_code: Mapped[str | None]
    mid_code: Mapped[str | None]
    material: Mapped[str | None]
    weight: Mapped[Measure]
    length: Mapped[Measure]
    height: Mapped[Measure]
    width: Mapped[Measure]
    requires_shipping: Mapped[FlagOn]
    description: Mapped[str | None]
    title: Mapped[str | None]
    thumbnail: Mapped[str | None]
    unit_of_measure: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class InventoryLevel(Base, Timestamps):
    """The quantities of an item at one location; available = stocked - reserved.

    Written only by `modules/inventory/ledger.py`.
    """

    __tablename__ = "inventory_level"
    __table_args__ = (
        live_unique("inventory_level", "inventory_item_id", "location_id"),
        # Both columns here too: whichever index a plan chooses for a place, it finds a single
        # level.
        index("inventory_level", "location_id", "inventory_item_id"),
        check(
            "reserved_quantity >= 0",
            name="reserved_not_negative",
            message="reserved_quantity must not be negative",
        ),
        check(
            "incoming_quantity >= 0",
            name="incoming_not_negative",
            message="incoming_quantity must not be negative",
        ),
        # More may be reserved than is stocked, by a backorder or when a count finds less. A
        # reservation without backorder does not change the shortfall, so this refuses it.
        check(
            "shortfall_quantity = greatest(reserved_quantity - stocked_quantity, 0)",
            name="shortfall",
            message="Not enough stock available",
        ),
    )

    id: Mapped[Id]
    stocked_quantity: Mapped[Quantity]
    reserved_quantity: Mapped[Quantity]
    incoming_quantity: Mapped[Quantity]
    shortfall_quantity: Mapped[Quantity]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    inventory_item_id: Mapped[str] = mapped_column(ForeignKey("inventory_item.id"))
    location_id: Mapped[str] = mapped_column(ForeignKey("stock_location.id"))


class ReservationItem(Base, Timestamps):
    """A quantity of stock set aside, usually for a line item."""

    __tablename__ = "reservation_item"
    __table_args__ = (
        index("reservation_item", "inventory_item_id"),
        index("reservation_item", "location_id"),
        index("reservation_item", "line_item_id"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    )

    id: Mapped[Id]
    line_item_id: Mapped[str | None]
    quantity: Mapped[Quantity]
    external_id: Mapped[str | None]
    description: Mapped[str | None]
    created_by: Mapped[str | None]
    allow_backorder: Mapped[Flag | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    inventory_item_id: Mapped[str] = mapped_column(ForeignKey("inventory_item.id"))
    location_id: Mapped[str] = mapped_column(ForeignKey("stock_location.id"))


class InventoryMovement(Base):
    """One change of one quantity of a level, and the result: rows are only ever added.

    The sum of a level's movements always equals its quantity. Item and location are those of the
    level, the only row it refers to, so that writing a movement locks nothing new. `position` is
    incremented while the level is locked: it is the order of events of one level, which neither ids
    nor times of several processes give.
    """

    __tablename__ = "inventory_movement"
    __table_args__ = (
        index("inventory_movement", "inventory_item_id", "position"),
        index("inventory_movement", "inventory_level_id"),
        CheckConstraint("quantity IN ('stocked', 'reserved', 'incoming')", name="quantity"),
        CheckConstraint("delta <> 0", name="delta_not_zero"),
    )

    id: Mapped[Id]
    inventory_level_id: Mapped[str] = mapped_column(ForeignKey("inventory_level.id"))
    inventory_item_id: Mapped[str]
    location_id: Mapped[str]
    quantity: Mapped[str]
    delta: Mapped[Amount]
    balance: Mapped[Amount]
    reason: Mapped[str]
    reference: Mapped[str | None]
    created_by: Mapped[str | None]
    created_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
