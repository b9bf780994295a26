"""The routers below /admin/returns."""

from merx.api.admin.returns import items, returns

ROUTERS = (items.router, returns.router)
