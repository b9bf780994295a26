"""The routers below /store."""

from merx.api.store import (
    currencies,
    groups,
    locales,
    orders,
    payment_collections,
    payment_providers,
    product_categories,
    product_variants,
    regions,
    return_reasons,
    returns,
    search,
    shipping_options,
)
from merx.api.store.carts import routers as carts
from merx.api.store.customers import routers as customers
from merx.api.store.products import products

ROUTERS = (
    products.router,
    product_variants.router,
    product_categories.router,
    groups.collections,
    groups.tags,
    groups.types,
    groups.options,
    orders.open_router,
    orders.router,
    *carts.ROUTERS,
    shipping_options.router,
    *customers.ROUTERS,
    currencies.router,
    locales.router,
    regions.router,
    payment_collections.router,
    payment_providers.router,
    return_reasons.router,
    search.router,
    returns.router,
)
