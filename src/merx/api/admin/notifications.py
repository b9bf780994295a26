"""/admin/notifications: messages that were sent, and to whom."""

from merx.web.crud import plain_router
from merx.web.filters import texts
from merx.web.resource import Resource

NOTIFICATION = Resource(
    "notification",
    "notification",
    "notifications",
    "id, to, channel, template, data, trigger_type, resource_id, resource_type, receiver_id,"
    " created_at, updated_at",
    {"id": texts("id"), "channel": texts("channel"), "to": texts("to")},
    limit=50,
    missing="Notification with id: {id} was not found",
)

router = plain_router("/notifications", NOTIFICATION)
