"""What can be read of stores."""

from merx.modules.store import models
from merx.query.graph import Entity, columns, many, one, table_name

STORE = Entity(
    "store",
    table_name(models.Store.__table__),
    columns(models.Store.__table__),
    {
        "supported_currencies": many("store_currency", "store_id"),
        "supported_locales": many("store_locale", "store_id"),
    },
    always=("id",),
    search=("name",),
)

CURRENCY = Entity(
    "store_currency",
    table_name(models.StoreCurrency.__table__),
    columns(models.StoreCurrency.__table__),
    {"store": one("store", "store_id")},
)

LOCALE = Entity(
    "store_locale",
    table_name(models.StoreLocale.__table__),
    columns(models.StoreLocale.__table__),
    {"store": one("store", "store_id")},
)

ENTITIES = (STORE, CURRENCY, LOCALE)
