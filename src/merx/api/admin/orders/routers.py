"""What is below /admin/orders."""

from merx.api.admin.orders import cancel, fulfillments, orders, transfers

ROUTERS = (orders.router, cancel.router, fulfillments.router, transfers.router)
