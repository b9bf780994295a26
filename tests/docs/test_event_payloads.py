"""Events carry the ids that docs/reference/events.md states, for deletions too.

Every test on the shared database checks the ids of the events that it caused (tests/fixtures.py).
The flows here emit the events that no other such test does.
"""

import re
from dataclasses import fields
from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from merx.outbox import Event, emit
from tests.answers import good
from tests.docs.payloads import PAGE, documented, undocumented_ids
from tests.factories.customers import make_address, make_buyer
from tests.factories.delivery import make_depot, make_option
from tests.factories.orders import line, make_order
from tests.factories.products import item_of, make_location, make_product, variant
from tests.factories.promotions import make_promotion
from tests.factories.stock import make_level
from tests.observed import emitted, forget_events


def test_the_fields_of_an_event_are_those_of_the_page() -> None:
    [table] = re.findall(r"^\| field .*\n\|[-|]+\n((?:\|.*\n)+)", PAGE.read_text(), re.MULTILINE)
    # The trace context is not part of the event.
    own = [each.name for each in fields(Event) if each.name != "trace_parent"]

    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == own


async def test_the_page_names_a_table_for_every_event(tx: Transaction) -> None:
    known = {
        row[0] for row in await tx.fetch("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')")
    }

    assert {table for table in documented().values() if table not in known} == set()


async def test_ids_of_something_else_are_noticed(tx: Transaction) -> None:
    product = await make_product(tx)
    await forget_events(tx)
    await emit(tx, "customer.updated", [product.id])
    wrong = await undocumented_ids(tx)
    await forget_events(tx)

    assert wrong == [f"customer.updated carries {product.id}, which is no customer"]


PLAIN: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "refund-reason": ("refund-reasons", {"label": "Late", "code": "late"}, {"label": "Too late"}),
    "return-reason": (
        "return-reasons",
        {"label": "Torn", "value": "torn"},
        {"label": "Broken", "value": "broken"},
    ),
    "shipping-option-type": (
        "shipping-option-types",
        {"label": "Slow", "code": "slow"},
        {"label": "Slower"},
    ),
    "tax-region": (
        "tax-regions",
        {"country_code": "de", "provider_id": "tp_system"},
        {"metadata": {"a": 1}},
    ),
    "campaign": (
        "campaigns",
        {"name": "June", "campaign_identifier": "june"},
        {"name": "July"},
    ),
}


@pytest.mark.parametrize("about", PLAIN)
async def test_a_plain_resource_comes_changes_and_goes(
    admin: httpx.AsyncClient, tx: Transaction, about: str
) -> None:
    path, body, patch = PLAIN[about]
    [made] = good(await admin.post(f"/admin/{path}", json=body)).values()
    good(await admin.post(f"/admin/{path}/{made['id']}", json=patch))
    good(await admin.delete(f"/admin/{path}/{made['id']}"))

    for moment in ("created", "updated", "deleted"):
        assert (await emitted(tx))[f"{about}.{moment}"] == [made["id"]]


async def test_what_happens_to_keys_and_invitations(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    key = good(await admin.post("/admin/api-keys", json={"title": "Web", "type": "publishable"}))
    key_id = key["api_key"]["id"]
    good(await admin.post(f"/admin/api-keys/{key_id}/revoke", json={}))
    good(await admin.delete(f"/admin/api-keys/{key_id}"))
    body = {"email": "new@shop.test"}
    invite = good(await admin.post("/admin/invites", json=body))["invite"]["id"]
    good(await admin.post(f"/admin/invites/{invite}/resend"))

    events = await emitted(tx)
    assert (events["api-key.deleted"], events["invite.resent"]) == ([key_id], [invite])


async def test_what_happens_to_orders_promotions_and_zones(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    order, buyer = await make_order(tx, line()), await make_buyer(tx)
    body = {"customer_id": buyer.id}
    good(await admin.post(f"/admin/orders/{order.id}/transfer", json=body))
    promotion = (await make_promotion(admin, "SUMMER"))["id"]
    good(await admin.post(f"/admin/promotions/{promotion}", json={"code": "AUTUMN"}))
    depot = await make_depot(tx)
    zone = f"/admin/fulfillment-sets/{depot.set_id}/service-zones/{depot.zone_id}"
    good(await admin.post(zone, json={"name": "North"}))

    events = await emitted(tx)
    assert events["order.transfer_requested"] == [order.id]
    assert events["promotion.updated"] == [promotion]
    assert events["service-zone.updated"] == [depot.zone_id]


def stated_cascades() -> dict[str, set[str]]:
    """The further events of a deletion, by what is deleted."""
    [table] = re.findall(r"^\| deleted .*\n\|[-|]+\n((?:\|.*\n)+)", PAGE.read_text(), re.MULTILINE)
    rows = re.findall(r"^\| ([a-z ]+) \| (.*) \|$", table, re.MULTILINE)
    return {deleted: set(re.findall("`(.+?)`", events)) for deleted, events in rows}


async def paths_of_owners(admin: httpx.AsyncClient, tx: Transaction) -> dict[str, str]:
    """Something with everything that belongs to it, of each kind that the page lists."""
    depots = [await make_depot(tx, name) for name in ("North", "South", "West")]
    for depot in depots:
        await make_option(tx, depot)
    goods = [
        await make_product(
            tx, name, handle=name, variants=[variant(name, sku=name, options=_COLOR)]
        )
        for name in ("hat", "cap", "tie")
    ]
    items = [await item_of(tx, each.variant_ids[0]) for each in goods]
    for item in items:
        await make_level(tx, item, await make_location(tx), stocked=3)
    await make_level(tx, items[2], depots[0].location_id)
    for location in (depots[0].location_id, await make_location(tx)):
        free = good(await admin.post("/admin/inventory-items", json={}))["inventory_item"]["id"]
        await make_level(tx, free, location)
        nothing = {"inventory_item_id": free, "location_id": location, "quantity": 0}
        good(await admin.post("/admin/reservations", json=nothing))
    buyer = await make_buyer(tx)
    await make_address(tx, buyer.id)
    rate = {"rate": 20, "code": "vat", "name": "VAT"}
    body = {"country_code": "fr", "provider_id": "tp_system", "default_tax_rate": rate}
    region = good(await admin.post("/admin/tax-regions", json=body))["tax_region"]["id"]
    zone = f"fulfillment-sets/{depots[2].set_id}/service-zones/{depots[2].zone_id}"
    return {
        "stock location": f"stock-locations/{depots[0].location_id}",
        "fulfillment set": f"fulfillment-sets/{depots[1].set_id}",
        "service zone": zone,
        "customer": f"customers/{buyer.id}",
        "tax region": f"tax-regions/{region}",
        "product": f"products/{goods[0].id}",
        "product variant": f"products/{goods[1].id}/variants/{goods[1].variant_ids[0]}",
        "inventory item": f"inventory-items/{free}",
    }


_COLOR = {"Color": "Blue"}


async def test_deletions_emit_what_the_page_states(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    found: dict[str, set[str]] = {}
    for deleted, path in (await paths_of_owners(admin, tx)).items():
        await forget_events(tx)
        good(await admin.delete(f"/admin/{path}"))
        own = f"{deleted.replace(' ', '-')}.deleted"
        events = await emitted(tx)
        assert len(events[own]) == 1
        found[deleted] = set(events) - {own}

    assert found == stated_cascades()
