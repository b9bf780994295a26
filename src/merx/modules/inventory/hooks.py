"""What hooks can be about among stock.

Changes of levels and reservations carry their columns as `values`: they come from many bodies.
"""

from merx.core.hooks import Subject
from merx.modules.inventory.schemas import CreateInventoryItem

ITEMS = Subject("inventory_item", (CreateInventoryItem,))
LEVELS = Subject("inventory_level")
RESERVATIONS = Subject("reservation")
