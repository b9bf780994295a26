"""Resources of inventory items and levels: the contract's default fields and filters."""

from merx.web.filters import Filter, Nested, boolean, numbers, texts, times
from merx.web.resource import Resource

_MEASURES: dict[str, Filter | Nested] = {
    name: numbers(name) for name in ("weight", "length", "height", "width")
}

INVENTORY_ITEM = Resource(
    "inventory_item",
    "inventory_item",
    "inventory_items",
    "id, sku, title, description, thumbnail, origin_country, hs_code, requires_shipping, mid_code,"
    " material, unit_of_measure, weight, length, height, width, metadata, reserved_quantity,"
    " stocked_quantity, created_at, updated_at, *location_levels",
    {
        "id": texts("id"),
        "sku": texts("sku"),
        "origin_country": texts("origin_country"),
        "mid_code": texts("mid_code"),
        "hs_code": texts("hs_code"),
        "material": texts("material"),
        "requires_shipping": boolean("requires_shipping"),
        **_MEASURES,
        "location_levels": Nested("location_levels", {"location_id": texts("location_id")}),
    },
    missing="Inventory item with id: {id} was not found",
)

INVENTORY_LEVEL = Resource(
    "inventory_level",
    "inventory_level",
    "inventory_levels",
    "id, inventory_item_id, location_id, stocked_quantity, reserved_quantity, incoming_quantity,"
    " available_quantity, metadata, created_at, updated_at",
    {"location_id": texts("location_id")},
    limit=50,
    object="inventory-level",
    searchable=False,
)

INVENTORY_MOVEMENT = Resource(
    "inventory_movement",
    "movement",
    "movements",
    "id, inventory_item_id, location_id, inventory_level_id, quantity, delta, balance, reason,"
    " reference, created_by, created_at",
    {
        **{
            name: texts(name)
            for name in ("location_id", "quantity", "reason", "reference", "created_by")
        },
        "delta": numbers("delta"),
        "created_at": times("created_at"),
    },
    limit=50,
    searchable=False,
    order="position",
)
