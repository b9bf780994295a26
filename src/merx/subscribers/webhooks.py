"""Queues the webhooks of an event; a job sends them."""

from merx.modules.webhook.deliveries import WANTED, hear
from merx.outbox import ANY_EVENT, Subscriber

webhooks = Subscriber("webhooks", (ANY_EVENT,), hear, can_wait=True, wanted=WANTED)
