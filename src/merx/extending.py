"""The names that extensions are written with, so that their imports need not follow Merx's folders.

Merx itself imports each from where it is defined.
"""

from merx.access.admin import Admin
from merx.access.customer import CUSTOMER_DOOR, Customer
from merx.access.own_rows import own_router
from merx.batch import insert_rows, patch_row, soft_delete_rows
from merx.core.database import Database, Transaction
from merx.core.errors import Conflict, InvalidData, NotAllowed, NotFound
from merx.core.hooks import Change
from merx.core.ids import new_id
from merx.core.kinds import Count, Input, Money, Number, OpenInput
from merx.core.schema import Base, Id, Timestamps, check, index, live_unique
from merx.extension import Extension, Services
from merx.modules.cart.hooks import CARTS
from merx.modules.customer.hooks import ADDRESSES, CUSTOMERS
from merx.modules.inventory.hooks import ITEMS, LEVELS, RESERVATIONS
from merx.modules.order.hooks import ORDERS
from merx.modules.pricing.hooks import PRICE_LISTS
from merx.modules.product.hooks import CATEGORIES, COLLECTIONS, INVENTORY_LINKS, PRODUCTS, VARIANTS
from merx.modules.promotion.hooks import CAMPAIGNS, PROMOTIONS
from merx.outbox import Event, Job, Subscriber, emit
from merx.providers.fulfillment import Data, DeliveryPrice, ManualProvider, Parcel, ServiceOption
from merx.query.declared import entity_of, link
from merx.query.graph import Field, Kind, many, one, through
from merx.settings import Settings
from merx.settings.kinds import Section
from merx.web.crud import Writes, plain_router
from merx.web.declared import resource_of
from merx.web.filters import numbers, texts, times
from merx.web.reads import answer_one, answer_page
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read, Write

__all__ = [
    "ADDRESSES",
    "CAMPAIGNS",
    "CARTS",
    "CATEGORIES",
    "COLLECTIONS",
    "CUSTOMERS",
    "CUSTOMER_DOOR",
    "INVENTORY_LINKS",
    "ITEMS",
    "LEVELS",
    "ORDERS",
    "PRICE_LISTS",
    "PRODUCTS",
    "PROMOTIONS",
    "RESERVATIONS",
    "VARIANTS",
    "Admin",
    "Base",
    "Change",
    "Conflict",
    "Count",
    "Customer",
    "Data",
    "Database",
    "DeliveryPrice",
    "Event",
    "Extension",
    "Field",
    "Id",
    "Input",
    "InvalidData",
    "Job",
    "Kind",
    "ManualProvider",
    "Money",
    "NotAllowed",
    "NotFound",
    "Number",
    "OpenInput",
    "Parcel",
    "Read",
    "Resource",
    "Router",
    "Section",
    "ServiceOption",
    "Services",
    "Settings",
    "Subscriber",
    "Timestamps",
    "Transaction",
    "Write",
    "Writes",
    "answer_one",
    "answer_page",
    "check",
    "emit",
    "entity_of",
    "index",
    "insert_rows",
    "link",
    "live_unique",
    "many",
    "new_id",
    "numbers",
    "one",
    "own_router",
    "patch_row",
    "plain_router",
    "resource_of",
    "soft_delete_rows",
    "texts",
    "through",
    "times",
]
