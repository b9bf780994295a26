"""What an admin reads of customers and their addresses."""

from merx.web.filters import Nested, boolean, texts, times, words
from merx.web.resource import Resource

_TIMES = {name: times(name) for name in ("created_at", "updated_at", "deleted_at")}
_GROUP = {"id": texts("id"), "name": texts("name"), **_TIMES}

CUSTOMER = Resource(
    "customer",
    "customer",
    "customers",
    "id, company_name, first_name, last_name, email, phone, metadata, has_account, created_by,"
    " created_at, updated_at, deleted_at",
    {
        "id": words("id"),
        "email": texts("email"),
        "groups": Nested("groups", _GROUP, plain=texts("groups.id")),
        "company_name": texts("company_name"),
        "first_name": texts("first_name"),
        "last_name": texts("last_name"),
        "has_account": boolean("has_account"),
        "created_by": texts("created_by"),
        **_TIMES,
    },
    limit=50,
    missing="Customer with id: {id} not found",
)

ADDRESS = Resource(
    "customer_address",
    "address",
    "addresses",
    "id, address_name, company, customer_id, first_name, last_name, address_1, address_2, city,"
    " province, postal_code, country_code, phone, metadata, created_at, updated_at",
    {name: texts(name) for name in ("company", "city", "country_code", "province", "postal_code")},
    limit=50,
    object="customer_address",
    missing="Address with id: {id} was not found",
    combines=False,
)
