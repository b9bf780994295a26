"""The routers below /store/customers."""

from merx.api.store.customers import addresses, me, register

ROUTERS = (
    register.router,
    addresses.router,
    me.router,
)
