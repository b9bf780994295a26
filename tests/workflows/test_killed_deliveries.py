"""A server that is killed between a carrier's call and the commit: nothing is left half done."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Database, Transaction
from merx.operations.doctor import examine
from merx.providers.fulfillment import FulfillmentProviders
from merx.workflows.orders.settle_deliveries import settle_requests
from tests.answers import good, refused
from tests.api.admin.orders.test_fulfillments import Shop, make_shop, stock
from tests.factories.outside_carrier import OutsideCarrier, carry_by
from tests.processes import Forked

pytestmark = pytest.mark.commits


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    shop = await make_shop(tx)
    await carry_by(tx)
    return shop


@pytest.fixture
def carrier(app: FastAPI, tmp_path: Path) -> Iterator[OutsideCarrier]:
    known = app.state.fulfillment_providers
    carrier = OutsideCarrier(tmp_path)
    app.state.fulfillment_providers = FulfillmentProviders.of([carrier])
    yield carrier
    app.state.fulfillment_providers = known


async def die(url: str, folder: Path, mood: str, *given: str) -> None:
    """Do it in a process that is killed half-way."""
    dying = Forked("tests.workflows.dying_depot", url, str(folder), mood, *given, environment={})
    await asyncio.to_thread(dying.communicate)
    assert dying.poll() == -signal.SIGKILL


async def shown(admin: httpx.AsyncClient, shop: Shop) -> dict[str, Any]:
    fields = "fulfillment_status,*fulfillments"
    path = f"/admin/orders/{shop.order.id}?fields={fields}"
    return good(await admin.get(path))["order"]


async def hung(tx: Transaction) -> list[str]:
    """What `merx doctor` says once the requests are old."""
    await tx.execute("UPDATE fulfillment_request SET updated_at = now() - interval '1 hour'")
    return [found.id for found in await examine(tx)]


@pytest.mark.parametrize("mood", ["dies before taken", "dies after taken"])
async def test_a_handover_that_is_killed_is_given_up_and_can_be_made_anew(
    admin: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    clone_url: str,
    shop: Shop,
    carrier: OutsideCarrier,
    mood: str,
) -> None:
    body = shop.body(2)
    await die(clone_url, carrier.folder, mood, "fulfill", shop.order.id, json.dumps(body))

    asked = carrier.keys("taken")
    assert (await shown(admin, shop))["fulfillments"] == []
    assert await stock(tx, shop) == (10, 3)
    [named] = await hung(tx)
    # Two workers' jobs at once settle it once.
    await asyncio.gather(
        *(settle_requests(database, {carrier.id: carrier}) for _ in range(2)),
    )
    assert carrier.keys("let go") == [named]
    assert asked in ([], [named])
    assert await hung(tx) == []

    good(await admin.post(shop.path, json=body))
    again = await shown(admin, shop)
    [made] = again["fulfillments"]
    assert made["data"] == {"number": made["id"]}
    assert again["fulfillment_status"] == "partially_fulfilled"
    assert await stock(tx, shop) == (8, 1)


@pytest.mark.parametrize("mood", ["dies before let go", "dies after let go"])
async def test_a_cancellation_that_is_killed_is_asked_again_and_booked(
    admin: httpx.AsyncClient,
    tx: Transaction,
    database: Database,
    clone_url: str,
    shop: Shop,
    carrier: OutsideCarrier,
    mood: str,
) -> None:
    good(await admin.post(shop.path, json=shop.body(2)))
    [made] = (await shown(admin, shop))["fulfillments"]
    path = f"{shop.path}/{made['id']}"
    await die(clone_url, carrier.folder, mood, "cancel", made["id"])

    # It is unknown whether the carrier canceled them, so they are not shipped.
    item = {"items": shop.body(2)["items"]}
    assert refused(await admin.post(f"{path}/shipments", json={**item, "labels": []})) == (
        "The fulfillment is being canceled"
    )
    assert refused(await admin.post(f"{path}/mark-as-delivered")) == (
        "The fulfillment is being canceled"
    )
    assert await hung(tx) == [made["id"]]
    await asyncio.gather(
        *(settle_requests(database, {carrier.id: carrier}) for _ in range(2)),
    )

    assert carrier.keys("let go") == [made["id"]]
    assert await hung(tx) == []
    after = await shown(admin, shop)
    assert after["fulfillment_status"] == "canceled"
    assert await stock(tx, shop) == (10, 3)
    assert refused(await admin.post(f"{path}/cancel")) == "The fulfillment is already canceled"
