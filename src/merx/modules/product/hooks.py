"""Subjects of hooks for the catalogue."""

from merx.core.hooks import Subject
from merx.modules.product.group_schemas import (
    CreateCollection,
    CreateProductCategory,
    UpdateCollection,
    UpdateProductCategory,
)
from merx.modules.product.schemas import (
    CreateProduct,
    CreateVariant,
    UpdateProduct,
    UpdateVariant,
)

PRODUCTS = Subject("product", (CreateProduct, UpdateProduct))
VARIANTS = Subject("variant", (CreateVariant, UpdateVariant))
INVENTORY_LINKS = Subject("inventory_link")
"""Links of variants to the inventory items they take. They have no ids: the bodies name them."""
COLLECTIONS = Subject("collection", (CreateCollection, UpdateCollection))
CATEGORIES = Subject("category", (CreateProductCategory, UpdateProductCategory))
