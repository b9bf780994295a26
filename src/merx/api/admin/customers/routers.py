"""The routers below /admin/customers."""

from merx.api.admin.customers import addresses, customers

ROUTERS = (
    addresses.router,
    customers.router,
)
