"""The routers below /admin/draft-orders."""

from merx.api.admin.draft_orders import draft_orders, edits

ROUTERS = (draft_orders.router, edits.router)
