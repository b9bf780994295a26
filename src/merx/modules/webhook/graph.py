"""What can be read of webhooks. Secrets are not fields, so they can neither be shown nor probed."""

from merx.modules.webhook import models
from merx.query.graph import Entity, columns, table_name

WEBHOOK = Entity(
    "webhook",
    table_name(models.Webhook.__table__),
    columns(
        models.Webhook.__table__,
        hidden=("secret", "previous_secret", "lease", "leased_until"),
    ),
    always=("id",),
    search=("url", "description"),
)

WEBHOOK_DELIVERY = Entity(
    "webhook_delivery",
    table_name(models.WebhookDelivery.__table__),
    columns(models.WebhookDelivery.__table__),
    always=("id",),
    search=("event_id", "event"),
)

ENTITIES = (WEBHOOK, WEBHOOK_DELIVERY)
