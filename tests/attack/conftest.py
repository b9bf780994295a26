"""The shop that is attacked."""

import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from merx.app import create_app
from merx.core.database import Database
from merx.operations.demo import seed_demo
from merx.settings import Settings
from merx.workflows.people.user_accounts import create_user
from tests.attack.answers import Attacked
from tests.databases import Cluster
from tests.factories.customers import make_address, make_buyer, make_newcomer
from tests.factories.keys import make_key, storefront
from tests.factories.orders import make_order
from tests.factories.people import make_person
from tests.factories.second_factors import KEY


@pytest.fixture
async def attacked(cluster: Cluster, settings: Settings) -> AsyncIterator[Attacked]:
    """A shop that may be spoiled, and what opens it."""
    async with cluster.database() as url:
        database = Database(url, pool_size=3)
        await database.open()
        async with database.write() as tx:
            await seed_demo(tx)
            person = await make_person(tx, "caller@shop.test")
            await create_user(tx, email="admin@test.com", password="supersecret")
            buyer, newcomer = await make_buyer(tx), await make_newcomer(tx)
            await make_address(tx, buyer.id)
            await make_order(tx, customer_id=buyer.id)
            await make_order(tx)
            key = await tx.fetchval("SELECT token FROM api_key WHERE type = 'publishable'")
            key = key or (await make_key(tx))[1]
        app = create_app(settings.model_copy(update={"mfa_encryption_key": KEY}))
        app.state.database = database
        app.state.wake_relay = lambda: None
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost:9000"
        ) as client:
            yield Attacked(
                client,
                {
                    "admin": person.bearer(settings),
                    "buyer": {**storefront(key), **buyer.headers(settings)},
                    "newcomer": {**storefront(key), **newcomer.headers(settings)},
                    "shopper": storefront(key),
                    "nobody": {},
                    "garbage": {"authorization": "Bearer a.b.c", "cookie": "connect.sid=s%3A%00."},
                    "basic": {"authorization": f"Basic {base64.b64encode(b'sk_%ff:').decode()}x"},
                },
            )
        await database.close()
