"""What can be read of stock."""

from merx.core.schema import grams_of
from merx.modules.inventory import models
from merx.modules.inventory.search_texts import ITEM_TEXTS
from merx.query.conditions import Every
from merx.query.graph import Entity, Field, Kind, columns, many, one, table_name


def _total(column: str) -> Field:
    return Field(
        f"coalesce((SELECT sum(l.{column}) FROM inventory_level l"
        " WHERE l.inventory_item_id = {row}.id AND l.deleted_at IS NULL), 0)",
        Kind.NUMBER,
    )


def _raw(column: str) -> Field:
    return Field(f"json_build_object('value', {{row}}.{column}::text, 'precision', 20)", Kind.JSON)


ITEM = Entity(
    "inventory_item",
    table_name(models.InventoryItem.__table__),
    {
        **columns(models.InventoryItem.__table__),
        "reserved_quantity": _total("reserved_quantity"),
        "stocked_quantity": _total("stocked_quantity"),
    },
    {
        "location_levels": many("inventory_level", "inventory_item_id"),
        "reservation_items": many("reservation_item", "inventory_item_id"),
    },
    always=("id",),
    search=ITEM_TEXTS,
    grams=grams_of("inventory_item", *ITEM_TEXTS, row="{row}"),
    counted=Every(()),
)

LEVEL = Entity(
    "inventory_level",
    table_name(models.InventoryLevel.__table__),
    {
        **columns(models.InventoryLevel.__table__, hidden=("shortfall_quantity",)),
        "raw_stocked_quantity": _raw("stocked_quantity"),
        "raw_reserved_quantity": _raw("reserved_quantity"),
        "raw_incoming_quantity": _raw("incoming_quantity"),
        "available_quantity": Field(
            "({row}.stocked_quantity - {row}.reserved_quantity)", Kind.NUMBER
        ),
    },
    {
        "inventory_item": one("inventory_item", "inventory_item_id", with_key=True),
    },
)

RESERVATION = Entity(
    "reservation_item",
    table_name(models.ReservationItem.__table__),
    {**columns(models.ReservationItem.__table__), "raw_quantity": _raw("quantity")},
    {
        "inventory_item": one("inventory_item", "inventory_item_id", with_key=True),
    },
    always=("id",),
    search=("description", *(f"inventory_item.{path}" for path in ITEM.search)),
)

MOVEMENT = Entity(
    "inventory_movement",
    table_name(models.InventoryMovement.__table__),
    columns(models.InventoryMovement.__table__),
    soft=False,
)

ENTITIES = (ITEM, LEVEL, RESERVATION, MOVEMENT)
