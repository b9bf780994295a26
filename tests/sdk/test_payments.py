"""The published JavaScript SDK takes payments and gives them back."""

import pytest

from merx.core.database import Database
from merx.core.ids import new_id
from tests.factories.payments import SYSTEM, make_order
from tests.factories.taxes import make_region

pytestmark = pytest.mark.sdk


@pytest.fixture
async def shop(server, name):
    """An order without payment, and a cart of a region with the system provider."""
    database = Database(server.database_url, pool_size=1)
    await database.open()
    async with database.write() as tx:
        order_id, region_id, cart_id = (
            await make_order(tx),
            await make_region(tx, name),
            new_id("cart"),
        )
        await tx.execute(
            "INSERT INTO region_payment_provider (region_id, payment_provider_id, id)"
            " VALUES ($1, $2, $3)",
            region_id,
            SYSTEM,
            name,
        )
        await tx.execute(
            "INSERT INTO cart (id, region_id, currency_code, total) VALUES ($1, $2, 'eur', 19.98)",
            cart_id,
            region_id,
        )
    await database.close()
    return {"order": order_id, "region": region_id, "cart": cart_id}


async def test_what_is_owed_is_paid_and_given_back(run, name, shop):
    seen = await run("payments.mjs", how="api-key", name=name, **shop)

    assert seen["renamed"]["label"] == "Too late"
    assert [reason["code"] for reason in seen["refund_reasons"]] == [name]
    assert seen["small"]["parent_return_reason"]["label"] == "Size"
    assert [child["value"] for child in seen["seen"]["return_reason_children"]] == [f"{name}-s"]
    assert (seen["owed"]["status"], seen["paid"]["status"]) == ("not_paid", "completed")
    [taken] = seen["captured"]["captures"]
    assert taken["amount"] == 30.5
    assert seen["tooMuch"]["status"] == 400
    [given] = seen["refunded"]["refunds"]
    assert (given["amount"], given["note"]) == (2.5, "sorry")
    assert given["refund_reason"]["code"] == name
    assert seen["payment"]["payment_collection"]["refunded_amount"] == 2.5
    assert [payment["id"] for payment in seen["payments"]] == [seen["payment"]["id"]]
    assert SYSTEM in [provider["id"] for provider in seen["payment_providers"]]
    assert seen["deleted"]["object"] == "payment-collection"
    assert [provider["id"] for provider in seen["offered"]["payment_providers"]] == [SYSTEM]
    begun = seen["begun"]["payment_collection"]
    assert begun["amount"] == 19.98
    assert begun["payment_sessions"][0]["data"] == {"note": "ring twice"}
    assert seen["gone"]["deleted"] is True
