"""Payments by a fake Stripe: a till with it, sessions and payments."""

from datetime import timedelta

from merx.providers.stripe import StripePaymentProvider
from merx.workflows.selling.payment_sessions import (
    authorize_session,
    create_session,
)
from tests.factories.payments import make_owed
from tests.factories.stripe_server import API_KEY, WEBHOOK_SECRET

STRIPE = StripePaymentProvider.id
NOW = timedelta(seconds=-1)


def provider_at(double, **options):
    return StripePaymentProvider(
        API_KEY, webhook_secret=WEBHOOK_SECRET, api_url=double.url, **options
    )


async def begin(till, tx, amount="30", currency="eur"):
    """A payment collection and its Stripe session, with the intent's id."""
    owed = await make_owed(tx, amount, currency)
    session_id = await create_session(till, owed.collection_id, STRIPE)
    data = await tx.fetchval("SELECT data FROM payment_session WHERE id = $1", session_id)
    return owed, session_id, data["id"]


async def paid(till, tx, stripe, amount="30"):
    _, session_id, intent_id = await begin(till, tx, amount)
    stripe.confirm(intent_id)
    authorized = await authorize_session(till, session_id)
    assert authorized.payment_id
    return authorized.payment_id, session_id, intent_id


async def payment(tx, payment_id):
    return await tx.fetchrow("SELECT * FROM payment WHERE id = $1", payment_id)


async def collection_of(tx, payment_id):
    return await tx.fetchrow(
        "SELECT c.* FROM payment_collection c JOIN payment p ON p.payment_collection_id = c.id"
        " WHERE p.id = $1",
        payment_id,
    )


async def requests(tx):
    rows = await tx.fetch("SELECT kind, state FROM payment_request ORDER BY id")
    return [(row["kind"], row["state"]) for row in rows]
