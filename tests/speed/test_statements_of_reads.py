"""Every read of the admin takes one statement, of a row that is there."""

import json
import re
from itertools import pairwise
from typing import Any

import httpx
import pytest

from merx.core.clock import now
from merx.core.database import Transaction
from tests.answers import good
from tests.api_document import written
from tests.factories.customers import make_address, make_buyer
from tests.factories.depots import fulfill, make_depot, post
from tests.factories.products import make_shipping_profile
from tests.factories.taxes import make_region, make_row, make_tax_rate, make_tax_region
from tests.statements import Statements

Ids = dict[str, str]
CODES = {
    "locales": "de-DE",
    "currencies": "eur",
    "fulfillment-providers": "manual_manual",
    "{rule_type}": "rules",
    "{rule_attribute_id}": "region",
}
OF_THE_DEPOT = ("shipping-options", "shipping-option-types")
QUERIES = {
    "/admin/products/{id}/variants/{variant_id}/price-explanation": "?currency_code=usd",
    "/admin/translations/entities": "?type=product",
    "/admin/translations/statistics": "?locales=de-DE&entity_types=product",
}
# Of a parameter of the API document by which an answer gets narrower.
FIELDS = re.compile(r'Fields\d*"')
NARROW = {"/admin/currencies": "code", "/admin/currencies/{code}": "code"}
# What a process knows by itself, or keeps in files.
NO_ROWS = {
    "/admin/feature-flags",
    "/admin/fulfillment-providers/{id}/options",
    "/admin/index/details",
    "/admin/plugins",
    "/admin/search-indexes",
    "/admin/promotions/rule-attribute-options/{rule_type}",
    "/admin/uploads/{id}",
    "/admin/workflows-executions",
    "/admin/workflows-executions/{id}",
    "/admin/workflows-executions/{workflow_id}/{transaction_id}",
}
# A preview applies the open change in a transaction that is taken back; ways to ship are matched
# with the order's goods and address; the results of a job are streamed after it was found.
SEVERAL = {
    "/admin/bulk/{id}/results": 2,
    "/admin/orders/{id}/preview": 11,
    "/admin/orders/{id}/shipping-options": 4,
}
# Made in this order; `{…}` are ids of what was made before.
ROWS: dict[str, dict[str, Any]] = {
    "product-types": {"value": "Toy"},
    "product-tags": {"value": "new"},
    "collections": {"title": "Spring"},
    "product-categories": {"name": "Shirts", "is_active": True},
    "product-options": {"title": "Size", "values": ["S"]},
    "price-lists": {
        "title": "Sale",
        "description": "",
        "prices": [{"variant_id": "{variants}", "currency_code": "eur", "amount": 1}],
    },
    "price-preferences": {"attribute": "currency_code", "value": "dkk"},
    "campaigns": {"name": "Spring", "campaign_identifier": "spring"},
    "promotions": {
        "code": "TEN",
        "type": "standard",
        "rules": [{"attribute": "region_id", "operator": "eq", "values": ["{regions}"]}],
        "application_method": {
            "type": "percentage",
            "target_type": "order",
            "value": 10,
        },
    },
    "draft-orders": {"email": "ann@home.test", "region_id": "{regions}"},
    "returns": {"order_id": "{orders}", "location_id": "{stock-locations}"},
    "claims": {"order_id": "{third}", "type": "replace"},
    "reservations": {
        "inventory_item_id": "{inventory-items}",
        "location_id": "{stock-locations}",
        "quantity": 1,
    },
    "exchanges": {"order_id": "{other}"},
    "refund-reasons": {"code": "broken", "label": "Broken"},
    "return-reasons": {"value": "small", "label": "Too small"},
    "invites": {"email": "new@shop.test"},
    "customer-groups": {"name": "Regulars"},
    "translations/batch": {
        "create": [
            {
                "reference": "product",
                "reference_id": "{products}",
                "locale_code": "de-DE",
                "translations": {"title": "Hemd"},
            }
        ]
    },
}


def filled(value: Any, ids: Ids) -> Any:
    """A body with the ids of what is there."""
    text = json.dumps(value)
    for name, id in ids.items():
        text = text.replace(f'"{{{name}}}"', f'"{id}"')
    return json.loads(text)


@pytest.fixture
async def ids(admin: httpx.AsyncClient, tx: Transaction) -> Ids:
    """The id of something of every kind, by the part of a path before it."""
    depot = await make_depot(tx, 2)
    order = await depot.order(2)
    other, third = await depot.order(2), await depot.order(2)
    for one in (order, other, third):
        await fulfill(admin, depot, one)
    buyer = await make_buyer(tx)
    tax_region = await make_tax_region(tx, "de")
    set_id = await tx.fetchval("SELECT id FROM fulfillment_set") or await make_row(
        tx, "fulfillment_set", "fuset", name="Shipping", type="shipping"
    )
    webhook = await make_row(
        tx, "webhook", "whk", url="https://shop.test", events=["*"], secret="s"
    )
    told = {"event_id": "evt_1", "event": "product.created", "ids": ["prod_1"]}
    bulk = await make_row(tx, "bulk_job", "bulk")
    known = {
        "regions": await make_region(tx, "Germany"),
        "variants": depot.variant_ids[0],
        "products": await tx.fetchval("SELECT id FROM product"),
        "stock-locations": depot.location_id,
        "inventory-items": depot.item_ids[0],
        "orders": order.id,
        "other": other.id,
        "third": third.id,
        "customers": buyer.id,
        "addresses": await make_address(tx, buyer.id),
        "shipping-profiles": await make_shipping_profile(tx),
        "tax-regions": tax_region,
        "tax-rates": await make_tax_rate(tx, tax_region, 20),
        "fulfillment-sets": set_id,
        "service-zones": await make_row(
            tx, "service_zone", "serzo", name="Home", fulfillment_set_id=set_id
        ),
        "imports": await make_row(tx, "product_import", "import", file_name="a.csv"),
        "notifications": await make_row(
            tx, "notification", "noti", channel="email", **{'"to"': "ann"}
        ),
        "bulk": bulk,
        "webhooks": webhook,
        "deliveries": await make_row(
            tx, "webhook_delivery", "whdel", webhook_id=webhook, happened_at=now(), **told
        ),
        "layouts": "z",
        **CODES,
    }
    for path, body in ROWS.items():
        answer = await admin.post(f"/admin/{path}", json=filled(body, known))
        known |= learned(path, good(answer))
    owed = (await post(admin, "payment-collections", order_id=order.id, amount=10))[
        "payment_collection"
    ]
    await post(admin, f"payment-collections/{owed['id']}/mark-as-paid", order_id=order.id)
    known["payments"] = await tx.fetchval("SELECT id FROM payment")
    known["values"] = await tx.fetchval(
        "SELECT id FROM product_option_value WHERE option_id = $1", known["product-options"]
    )
    for path in ("users", "api-keys", "audit-log", "stores", "sales-channels", *OF_THE_DEPOT):
        known = learned(path, good(await admin.get(f"/admin/{path}"))) | known
    return known


def learned(path: str, answer: dict[str, Any]) -> Ids:
    """The id of the row, or the first one, that an answer shows, by its path."""
    # The order of a return, an exchange or a claim is read with it.
    parts = [answer[key] for key in ("return", "exchange", "claim") if key in answer]
    rows = (parts or [*answer.values()])[0]
    row = rows[0] if isinstance(rows, list) else rows
    return {path.rpartition("/")[2]: row["id"]} if row and "id" in row else {}


def addressed(path: str, ids: Ids) -> str:
    """The path of something that is there."""
    return "/".join(
        ids[part if part in ids else before] if part.startswith("{") else part
        for before, part in pairwise(["", *path.split("/")])
    )


async def test_every_read_of_a_row_that_is_there_takes_one_statement(
    admin: httpx.AsyncClient, ids: Ids, statements: Statements
) -> None:
    reads = {
        path: methods["get"] for path, methods in written()["paths"].items() if "get" in methods
    }
    found, narrow = dict[str, int](), dict[str, int]()
    for path, operation in reads.items():
        if path.startswith("/admin/") and path not in NO_ROWS:
            read = addressed(path, ids) + QUERIES.get(path, "?")
            found[path] = len(await statements.of(admin.get(read)))
            if FIELDS.search(json.dumps(operation.get("parameters", ()))):
                asked = f"{read}&fields={NARROW.get(path, 'id')}"
                narrow[path] = len(await statements.of(admin.get(asked)))

    assert len(found) > 95
    assert {path: count for path, count in found.items() if count != 1} == SEVERAL
    assert len(narrow) > 80
    several = {path: count for path, count in SEVERAL.items() if path in narrow}
    assert {path: count for path, count in narrow.items() if count != 1} == several
