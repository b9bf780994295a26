"""Subjects of hooks for stock.

Changes of levels and reservations carry their columns as `values`, since they come from many
different bodies.
"""

from merx.core.hooks import Subject

ITEMS = Subject("inventory_item")
LEVELS = Subject("inventory_level")
RESERVATIONS = Subject("reservation")
