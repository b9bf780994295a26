"""Subjects of hooks for stock.

Changes of levels and reservations carry their columns as `values`, since they come from many
different bodies.
"""

from merx.core.hooks import Subject
from merx.modules.inventory.schemas import CreateInventoryItem

ITEMS = Subject("inventory_item", (CreateInventoryItem,))
LEVELS = Subject("inventory_level")
RESERVATIONS = Subject("reservation")
