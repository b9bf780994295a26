"""The routers below /admin/products."""

from merx.api.admin.products import (
    batch,
    declared_products,
    export,
    generated_variants,
    images,
    imports,
    inventory_items,
    options,
    price_explanation,
    products,
    variants,
)

# /products/batch before /products/{id}, /variants/generate before /variants/{variant_id}.
# /products/batch and /products/export before /products/{id}.
ROUTERS = (
    inventory_items.router,
    images.router,
    options.router,
    price_explanation.router,
    generated_variants.router,
    variants.router,
    batch.router,
    declared_products.router,
    export.router,
    imports.file_router,
    imports.router,
    products.router,
)
