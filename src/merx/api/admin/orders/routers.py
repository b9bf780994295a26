"""The routers below /admin/orders."""

from merx.api.admin.orders import (
    cancel,
    export,
    fulfillments,
    orders,
    payment_sessions,
    shipping_options,
    transfers,
)

ROUTERS = (
    export.router,
    orders.router,
    shipping_options.router,
    payment_sessions.router,
    cancel.router,
    fulfillments.router,
    transfers.router,
)
