"""The routers below /admin/inventory-items."""

from merx.api.admin.inventory_items import export, items, location_levels, movements

# /inventory-items/export before /inventory-items/{id}.
ROUTERS = (
    location_levels.router,
    movements.router,
    export.router,
    items.router,
)
