"""What is below /store."""

from merx.api.store import currencies, locales, regions
from merx.api.store.customers import routers as customers

ROUTERS = (
    *customers.ROUTERS,
    currencies.router,
    locales.router,
    regions.router,
)
