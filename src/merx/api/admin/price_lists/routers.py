"""The routers below /admin/price-lists."""

from merx.api.admin.price_lists import price_lists, prices

ROUTERS = (
    prices.router,
    price_lists.router,
)
