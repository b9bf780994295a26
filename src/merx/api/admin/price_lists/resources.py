"""Resources of price lists and their prices: the contract's default fields and filters."""

from merx.modules.pricing.schemas import STATUSES
from merx.web.filters import counts, list_of, texts, times
from merx.web.resource import Resource

PRICE_LIST = Resource(
    "price_list",
    "price_list",
    "price_lists",
    "id, type, description, title, status, starts_at, ends_at, created_at, updated_at, deleted_at,"
    " metadata, price_list_rules.value, price_list_rules.attribute",
    {
        "id": texts("id"),
        "starts_at": times("starts_at"),
        "ends_at": times("ends_at"),
        "status": list_of("status", STATUSES),
        "rules_count": counts("rules_count"),
    },
    limit=50,
    missing="Price list with id: {id} was not found",
)

PRICE = Resource(
    "price",
    "price",
    "prices",
    "id, currency_code, amount, min_quantity, max_quantity, created_at, deleted_at, updated_at,"
    " price_set.variant.id, price_rules.value, price_rules.attribute",
    limit=50,
    searchable=False,
    combines=False,
)
