"""What can be read of customers and their groups."""

from merx.modules.customer import models
from merx.query.graph import Entity, Join, Relation, columns, table_name

CUSTOMER = Entity(
    "customer",
    table_name(models.Customer.__table__),
    columns(models.Customer.__table__),
    {
        "groups": Relation(
            "customer_group",
            via=Join("customer_group_customer", "customer_id", "customer_group_id"),
        ),
    },
    always=("id",),
    search=("company_name", "first_name", "last_name", "email", "phone"),
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
    always=("id",),
    search=("name",),
)

ENTITIES = (CUSTOMER, GROUP)
