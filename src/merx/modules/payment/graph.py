"""What can be read of payments."""

from merx.modules.payment import models
from merx.query.graph import Entity, columns, table_name

PROVIDER = Entity(
    "payment_provider",
    table_name(models.PaymentProvider.__table__),
    columns(models.PaymentProvider.__table__),
)

ENTITIES = (PROVIDER,)
