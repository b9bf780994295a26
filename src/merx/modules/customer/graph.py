"""What can be read of customers, their addresses and their groups."""

from merx.modules.customer import models
from merx.query.conditions import Every
from merx.query.graph import Entity, Field, Through, columns, many, one, table_name, through

GROUPS = Through(
    models.CustomerGroupCustomer.__table__, "customer_id", "customer_group_id", "cusgc"
)


def _default_address(kind: str) -> Field:
    """The id of a customer's default address: returned only when named, and usable in filters."""
    return Field(
        "(SELECT a.id FROM customer_address a WHERE a.customer_id = {row}.id"
        f" AND a.deleted_at IS NULL AND a.is_default_{kind})",
        starred=False,
    )


CUSTOMER = Entity(
    "customer",
    table_name(models.Customer.__table__),
    {
        **columns(models.Customer.__table__, hidden=("has_twin",)),
        "default_billing_address_id": _default_address("billing"),
        "default_shipping_address_id": _default_address("shipping"),
    },
    {
        "addresses": many("customer_address", "customer_id"),
        "groups": through("customer_group", GROUPS),
    },
    always=("id",),
    search=("company_name", "first_name", "last_name", "email", "phone"),
    counted=Every(()),
)

ADDRESS = Entity(
    "customer_address",
    table_name(models.CustomerAddress.__table__),
    columns(models.CustomerAddress.__table__),
    {
        "customer": one("customer", "customer_id", with_key=True, stub=True),
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
        "customers": through("customer", GROUPS.back),
    },
    search=("name",),
)

ENTITIES = (CUSTOMER, ADDRESS, GROUP)
