"""What is below /admin/orders."""

from merx.api.admin.orders import fulfillments, orders, transfers

ROUTERS = (orders.router, fulfillments.router, transfers.router)
