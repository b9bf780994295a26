"""What is below /admin/products."""

from merx.api.admin.products import (
    batch,
    images,
    inventory_items,
    options,
    price_explanation,
    products,
    variants,
)

# /products/batch before /products/{id}.
ROUTERS = (
    inventory_items.router,
    images.router,
    options.router,
    price_explanation.router,
    variants.router,
    batch.router,
    products.router,
)
