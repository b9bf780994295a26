"""What can be read of stores."""

from merx.modules.store import models
from merx.query.graph import Entity, Relation, columns, table_name

STORE = Entity(
    "store",
    table_name(models.Store.__table__),
    columns(models.Store.__table__),
    {
        "supported_currencies": Relation("store_currency", "{child}.store_id = {parent}.id"),
        "supported_locales": Relation("store_locale", "{child}.store_id = {parent}.id"),
    },
    always=("id",),
    search=("name",),
)

CURRENCY = Entity(
    "store_currency",
    table_name(models.StoreCurrency.__table__),
    columns(models.StoreCurrency.__table__),
    {"store": Relation("store", "{child}.id = {parent}.store_id", many=False)},
)

LOCALE = Entity(
    "store_locale",
    table_name(models.StoreLocale.__table__),
    columns(models.StoreLocale.__table__),
    {"store": Relation("store", "{child}.id = {parent}.store_id", many=False)},
)

ENTITIES = (STORE, CURRENCY, LOCALE)
