"""Every moment of every subject is reached, and every body that takes extensions' data says so."""

import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from merx.core.hooks import Subject, checking
from merx.modules.cart.hooks import CARTS
from merx.modules.customer.hooks import ADDRESSES, CUSTOMERS
from merx.modules.inventory.hooks import ITEMS, LEVELS, RESERVATIONS
from merx.modules.order.hooks import ORDERS
from merx.modules.pricing.hooks import PRICE_LISTS
from merx.modules.product.hooks import (
    CATEGORIES,
    COLLECTIONS,
    INVENTORY_LINKS,
    PRODUCTS,
    VARIANTS,
)
from merx.modules.promotion.hooks import CAMPAIGNS, PROMOTIONS
from merx.web.openapi import complete_openapi
from tests.answers import good, refused

SOURCE = Path(__file__).parents[2] / "src" / "merx"
MOMENTS = ("creating", "created", "updating", "updated", "deleting", "deleted")
SUBJECTS = {
    "ADDRESSES": ADDRESSES,
    "CAMPAIGNS": CAMPAIGNS,
    "CARTS": CARTS,
    "CATEGORIES": CATEGORIES,
    "COLLECTIONS": COLLECTIONS,
    "CUSTOMERS": CUSTOMERS,
    "INVENTORY_LINKS": INVENTORY_LINKS,
    "ITEMS": ITEMS,
    "LEVELS": LEVELS,
    "ORDERS": ORDERS,
    "PRICE_LISTS": PRICE_LISTS,
    "PRODUCTS": PRODUCTS,
    "PROMOTIONS": PROMOTIONS,
    "RESERVATIONS": RESERVATIONS,
    "VARIANTS": VARIANTS,
}


def test_every_moment_of_every_subject_is_reached() -> None:
    declared: set[str] = set()
    reached: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text()
        declared |= set(re.findall(r"^(\w+) = Subject\(", text, re.MULTILINE))
        aliases = dict(re.findall(r"import (\w+) as (SUBJECT)", text))
        text = text.replace("SUBJECT.", f"{next(iter(aliases), 'SUBJECT')}.")
        reached |= set(re.findall(r"run_hooks\(\s*tx, (\w+\.\w+)", text))

    assert declared == set(SUBJECTS)
    assert reached == {f"{name}.{moment}" for name in SUBJECTS for moment in MOMENTS}


class Engraving(BaseModel):
    text: str


def test_every_body_of_a_subject_shows_the_data_of_extensions(app: FastAPI) -> None:
    plain, document = app.openapi, app.openapi_schema
    try:
        app.openapi_schema = None
        app.__dict__.pop("openapi", None)
        complete_openapi(app, dict, [dict.fromkeys(SUBJECTS.values(), Engraving)])
        schemas = app.openapi()["components"]["schemas"]
    finally:
        app.openapi, app.openapi_schema = plain, document  # pyright: ignore[reportAttributeAccessIssue]

    takes = {
        name
        for name, schema in schemas.items()
        if {"$ref": "#/components/schemas/Engraving"}
        in schema.get("properties", {}).get("additional_data", {}).get("allOf", [])
    }
    assert takes >= {
        *("CreateProduct", "UpdateProduct", "CreateVariant", "UpdateVariant", "CreateCart"),
        *("UpdateCart", "CreateCustomer", "CustomerAddressInput", "CreatePromotion"),
    }
    assert len(takes) == sum(len(subject.bodies) for subject in SUBJECTS.values())


@pytest.mark.parametrize(
    ("subject", "path", "body"),
    [
        (CUSTOMERS, "/admin/customers", {"email": "ann@shop.test"}),
        (
            PRODUCTS,
            "/admin/products",
            {"title": "Mug", "options": [{"title": "Size", "values": ["M"]}]},
        ),
        (COLLECTIONS, "/admin/collections", {"title": "Summer"}),
        (CAMPAIGNS, "/admin/campaigns", {"name": "June", "campaign_identifier": "june"}),
    ],
    ids=lambda value: value.name if isinstance(value, Subject) else "",
)
async def test_a_creation_needs_the_data_and_an_update_may_leave_it_out(
    admin: httpx.AsyncClient, app: FastAPI, subject: Subject, path: str, body: dict[str, object]
) -> None:
    own = app.state.hooks
    check = (checking(Engraving),)
    app.state.hooks = {**own, subject.creating: check, subject.updating: check}
    try:
        without = await admin.post(path, json=body)
        made = good(await admin.post(path, json={**body, "additional_data": {"text": "A"}}))
        [row] = made.values()
        again = await admin.post(f"{path}/{row['id']}", json=dict(list(body.items())[:1]))
        wrong = await admin.post(f"{path}/{row['id']}", json={"additional_data": {"text": 1}})
    finally:
        app.state.hooks = own

    assert refused(without) == "Invalid request: additional_data.text: Field required"
    assert again.status_code == 200
    assert refused(wrong).startswith("Invalid request: additional_data.text: Input should be")
