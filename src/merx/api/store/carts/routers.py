"""The routers below /store/carts."""

from merx.api.store.carts import carts, complete, line_items, promotions, shipping_methods

# More specific paths first.
ROUTERS = (
    line_items.router,
    promotions.router,
    shipping_methods.router,
    complete.router,
    carts.own_router,
    carts.router,
)
