"""The routers that external services call."""

from merx.api.hooks import payments

ROUTERS = (payments.router,)
