"""What hooks can be about in the catalogue."""

from merx.workflows.hooks import Subject

PRODUCTS = Subject("product")
VARIANTS = Subject("variant")
COLLECTIONS = Subject("collection")
CATEGORIES = Subject("category")
