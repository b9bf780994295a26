"""What services outside call."""

from merx.api.hooks import payments

ROUTERS = (payments.router,)
