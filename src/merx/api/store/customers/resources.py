"""What a customer reads of itself and its addresses: no groups, no internal metadata."""

from merx.web.filters import texts
from merx.web.resource import Resource

_CUSTOMER = (
    "id",
    "email",
    "company_name",
    "first_name",
    "last_name",
    "phone",
    "metadata",
    "has_account",
    "deleted_at",
    "created_at",
    "updated_at",
)
_ADDRESS = (
    "id",
    "address_name",
    "company",
    "customer_id",
    "first_name",
    "last_name",
    "address_1",
    "address_2",
    "city",
    "province",
    "postal_code",
    "country_code",
    "phone",
    "metadata",
    "is_default_shipping",
    "is_default_billing",
    "created_at",
    "updated_at",
)

CUSTOMER = Resource(
    "customer",
    "customer",
    "customers",
    f"{','.join(_CUSTOMER)},*addresses",
    missing="Customer with id: {id} was not found",
    allowed=(*_CUSTOMER, "addresses", "orders", *(f"addresses.{name}" for name in _ADDRESS)),
)

ADDRESS = Resource(
    "customer_address",
    "address",
    "addresses",
    ",".join(_ADDRESS),
    {name: texts(name) for name in ("city", "country_code", "postal_code")},
    limit=50,
    missing="Address with id: {id} was not found",
    combines=False,
    allowed=_ADDRESS,
)
