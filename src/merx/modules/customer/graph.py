"""What can be read of customers, their addresses and their groups."""

from merx.modules.customer import models
from merx.query.graph import Entity, Field, Join, Relation, columns, table_name


def _default_address(kind: str) -> Field:
    """The id of a customer's default address: given to who asks for it, and filtered by."""
    return Field(
        "(SELECT a.id FROM customer_address a WHERE a.customer_id = {row}.id"
        f" AND a.deleted_at IS NULL AND a.is_default_{kind})",
        starred=False,
    )


CUSTOMER = Entity(
    "customer",
    table_name(models.Customer.__table__),
    {
        **columns(models.Customer.__table__),
        "default_billing_address_id": _default_address("billing"),
        "default_shipping_address_id": _default_address("shipping"),
    },
    {
        "addresses": Relation("customer_address", "{child}.customer_id = {parent}.id"),
        "groups": Relation(
            "customer_group",
            via=Join("customer_group_customer", "customer_id", "customer_group_id"),
        ),
    },
    always=("id",),
    search=("company_name", "first_name", "last_name", "email", "phone"),
)

ADDRESS = Entity(
    "customer_address",
    table_name(models.CustomerAddress.__table__),
    columns(models.CustomerAddress.__table__),
    {
        "customer": Relation(
            "customer",
            "{child}.id = {parent}.customer_id",
            many=False,
            shows=("customer_id",),
            stub=True,
        ),
    },
    search=(
        "address_name",
        "company",
        "first_name",
        "last_name",
        "address_1",
        "address_2",
        "city",
        "country_code",
        "province",
        "postal_code",
        "phone",
    ),
)

GROUP = Entity(
    "customer_group",
    table_name(models.CustomerGroup.__table__),
    columns(models.CustomerGroup.__table__),
    {
        "customers": Relation(
            "customer", via=Join("customer_group_customer", "customer_group_id", "customer_id")
        ),
    },
    search=("name",),
)

ENTITIES = (CUSTOMER, ADDRESS, GROUP)
