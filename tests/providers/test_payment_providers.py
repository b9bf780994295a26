"""The payment providers that come with Merx keep the contract."""

import pytest

from merx.providers.payment import SystemPaymentProvider
from merx.providers.payment_contract import CHECKS, Subject
from merx.providers.stripe import StripePaymentProvider
from tests.factories.stripe_server import API_KEY, WEBHOOK_SECRET, stripe_server

each = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


@each
async def test_the_system_provider_keeps_the_contract(check):
    await check(Subject(SystemPaymentProvider()))


@each
@pytest.mark.parametrize("at_once", [False, True], ids=["reserves", "captures at once"])
async def test_stripe_keeps_the_contract(check, at_once):
    async with stripe_server() as double:
        provider = StripePaymentProvider(
            API_KEY,
            webhook_secret=WEBHOOK_SECRET,
            captures_at_once=at_once,
            api_url=double.url,
        )

        async def pay(data):
            double.confirm(data["id"])

        await check(Subject(provider, pay))
