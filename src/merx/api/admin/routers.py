"""What is below /admin."""

from merx.api.admin import (
    absent,
    api_keys,
    audit_log,
    bulk,
    carts,
    claims,
    collections,
    currencies,
    customer_groups,
    exchanges,
    feature_flags,
    fulfillment_sets,
    fulfillments,
    invites,
    layouts,
    locales,
    notifications,
    order_changes,
    order_edits,
    payment_collections,
    payments,
    plugins,
    price_preferences,
    product_categories,
    product_options,
    product_tags,
    product_types,
    product_variants,
    providers,
    refund_reasons,
    regions,
    reservations,
    return_reasons,
    sales_channels,
    search,
    search_indexes,
    shipping_option_types,
    shipping_options,
    shipping_profiles,
    stock_locations,
    stores,
    tax_rates,
    tax_regions,
    translations,
    uploads,
    users,
    webhooks,
    workflow_executions,
)
from merx.api.admin.customers import routers as customers
from merx.api.admin.draft_orders import routers as draft_orders
from merx.api.admin.inventory_items import routers as inventory_items
from merx.api.admin.orders import routers as orders
from merx.api.admin.price_lists import routers as price_lists
from merx.api.admin.products import routers as products
from merx.api.admin.promotions import routers as promotions
from merx.api.admin.returns import routers as returns

# Open to callers who are no users yet; asked before the guarded ones.
OPEN_ROUTERS = (invites.open_router, feature_flags.open_router)

# The most used first: a router costs each request that looks past it.
ROUTERS = (
    # Catalogue and prices
    *price_lists.ROUTERS,
    *products.ROUTERS,
    product_variants.router,
    product_options.router,
    product_types.router,
    product_tags.router,
    collections.router,
    product_categories.router,
    price_preferences.router,
    *promotions.ROUTERS,
    # Orders
    *orders.ROUTERS,
    *draft_orders.ROUTERS,
    *returns.ROUTERS,
    order_changes.router,
    order_edits.router,
    exchanges.router,
    claims.router,
    carts.router,
    # Stock
    *inventory_items.ROUTERS,
    reservations.router,
    stock_locations.router,
    fulfillments.router,
    fulfillment_sets.router,
    shipping_options.router,
    shipping_option_types.router,
    shipping_profiles.router,
    sales_channels.router,
    # Shop
    translations.router,
    locales.router,
    currencies.router,
    regions.router,
    stores.router,
    providers.router,
    tax_rates.router,
    tax_regions.router,
    # Money
    payment_collections.router,
    payments.router,
    refund_reasons.router,
    return_reasons.router,
    # People
    users.router,
    users.plain,
    api_keys.router,
    invites.router,
    *customers.ROUTERS,
    customer_groups.router,
    # Housekeeping
    audit_log.router,
    search.router,
    search_indexes.router,
    search_indexes.index,
    uploads.file_router,
    uploads.router,
    layouts.router,
    notifications.router,
    bulk.file_router,
    bulk.router,
    webhooks.router,
    plugins.router,
    workflow_executions.router,
    absent.router,
)
