"""Which shipping options are on offer for a context, and what they cost."""

from decimal import Decimal

from merx.core.database import Transaction
from merx.providers.fulfillment import Destination, FulfillmentProviders
from merx.workflows.selling.shipping_options import Choice, ShippingContext, price_methods


async def test_smoke(tx: Transaction) -> None:
    context = ShippingContext(
        "eur", sales_channel_id="x", to=Destination("de", postal_code="1"), item_total=Decimal(5)
    )
    found = await price_methods(tx, FulfillmentProviders.of([]), context, [Choice("so_1")])
    assert found.not_offered == ["so_1"]
