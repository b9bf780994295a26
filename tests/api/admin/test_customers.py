"""`/admin/customers`: what goes beyond the recorded answers."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.core.hooks import Change
from merx.modules.customer.hooks import ADDRESSES, CUSTOMERS
from merx.settings import Settings
from tests.answers import good, refused
from tests.factories.customers import make_address, make_buyer
from tests.factories.people import bearer, log_in, make_person
from tests.factories.products import make_product, prices, variant
from tests.factories.taxes import make_customer, make_customer_group
from tests.observed import emitted, forget_events

PATH = "/admin/customers"


async def test_events_tell_of_customers_and_groups(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    group = await make_customer_group(tx, "Gold")
    made = good(await admin.post(PATH, json={"email": "a@shop.test"}))["customer"]["id"]
    await admin.post(f"{PATH}/{made}", json={"phone": "1"})
    await admin.post(f"{PATH}/{made}/customer-groups", json={"add": [group]})
    await admin.delete(f"{PATH}/{made}")
    await admin.delete(f"{PATH}/{made}")

    assert await emitted(tx) == {
        "customer.created": [made],
        "customer.updated": [made, made],
        "customer-group.updated": [group],
        "customer.deleted": [made],
    }


async def test_hooks_get_the_additional_data_and_can_refuse(
    app: FastAPI, admin: httpx.AsyncClient, tx: Transaction
) -> None:
    seen: list[Any] = []

    async def note(_: Transaction, rows: Sequence[Change]) -> None:
        [row] = rows
        if row.additional_data.get("refuse"):
            raise InvalidData("Not this one")
        seen.append((row.id.partition("_")[0], row.additional_data))

    own = app.state.hooks
    app.state.hooks = dict.fromkeys(
        (CUSTOMERS.created, CUSTOMERS.updated, ADDRESSES.created, ADDRESSES.updated), (note,)
    )
    sent = {"email": "a@shop.test", "additional_data": {"a": 1}}
    made = good(await admin.post(PATH, json=sent))["customer"]["id"]
    path = f"{PATH}/{made}/addresses"
    await admin.post(f"{PATH}/{made}", json={"phone": "1"})
    await admin.post(path, json={"additional_data": {"b": 2}})
    address = good(await admin.get(path))["addresses"][0]["id"]
    await admin.post(f"{path}/{address}", json={"additional_data": {"c": 3}})
    refusal = await admin.post(
        PATH, json={"email": "b@shop.test", "additional_data": {"refuse": True}}
    )
    app.state.hooks = own

    assert seen == [("cus", {"a": 1}), ("cus", {}), ("cuaddr", {"b": 2}), ("cuaddr", {"c": 3})]
    assert refused(refusal) == "Not this one"
    assert await tx.fetchval("SELECT count(*) FROM customer") == 1


async def test_a_deleted_customer_takes_along_what_is_its_own(
    admin: httpx.AsyncClient, tx: Transaction, client: httpx.AsyncClient, settings: Settings
) -> None:
    bea, other = await make_buyer(tx), await make_buyer(tx, "other@home.test")
    group = await make_customer_group(tx, "Gold")
    mine, kept = await make_address(tx, bea.id), await make_address(tx, other.id)
    await admin.post(f"{PATH}/{bea.id}/customer-groups", json={"add": [group]})
    await client.post("/auth/session", headers=bearer(bea.token(settings)))
    await forget_events(tx)

    good(await admin.delete(f"{PATH}/{bea.id}"))

    left = "SELECT id FROM customer_address WHERE deleted_at IS NULL"
    assert [record["id"] for record in await tx.fetch(left)] == [kept]
    assert await tx.fetchval("SELECT count(*) FROM customer_group_customer") == 0
    assert await tx.fetchval("SELECT count(*) FROM auth_session") == 0
    assert await emitted(tx) == {
        "customer.deleted": [bea.id],
        "customer-address.deleted": [mine],
    }
    assert (await log_in(client, bea.email)).status_code == 401
    for headers in (bea.headers(settings), {"x-publishable-api-key": bea.key}):
        answer = await client.get("/store/customers/me", headers=headers)
        assert answer.status_code == 401
    assert good(await client.get("/store/customers/me", headers=other.headers(settings)))


async def test_a_user_who_also_buys_stays_a_user(
    admin: httpx.AsyncClient, tx: Transaction, client: httpx.AsyncClient, settings: Settings
) -> None:
    user = await make_person(tx)
    bea = await make_buyer(tx, user_id=user.user_id)

    await admin.delete(f"{PATH}/{bea.id}")

    as_user = bearer(bea.token(settings, actor_type="user"))
    assert good(await client.get("/admin/users/me", headers=as_user))
    assert (await log_in(client, bea.email)).status_code == 200
    me = await client.get("/store/customers/me", headers=bea.headers(settings))
    assert me.status_code == 401


async def test_an_account_and_a_guest_may_have_one_email(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    await make_buyer(tx, "a@shop.test")
    rival = await make_buyer(tx, "b@shop.test")

    good(await admin.post(PATH, json={"email": "a@shop.test"}))

    taken = await admin.post(f"{PATH}/{rival.id}", json={"email": "a@shop.test"})
    assert refused(taken) == (
        "Customer with email: a@shop.test, has_account: true, already exists."
    )


@pytest.mark.parametrize(
    "email",
    ["a", "a@b", "a@b.c", "@b.co", ".a@b.co", "a.@b.co", "a..b@b.co", "a b@c.de", "a@c.de\n",
     "ä@c.de", "a@ä.de", "a@-c.de", "a@c_d.de", "a@c..de", "a@1.2.3.4", '"a"@c.de', "a\0@c.de",
     "a@b.co,c@d.ef", "'@c.de", "a\ud800@c.de"],
)  # fmt: skip
async def test_what_is_no_email_is_refused(admin: httpx.AsyncClient, email: str) -> None:
    # As escapes, for a lone surrogate has no bytes of its own.
    body = json.dumps({"email": email})

    answer = await admin.post(PATH, content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "email", ["a@b.co", "A.b'c+d_e-f@X-1.Y.museum", "_@c.de", "a@c-.de", f"{'x' * 300}@c.de"]
)
async def test_unusual_emails_are_taken(admin: httpx.AsyncClient, email: str) -> None:
    assert good(await admin.post(PATH, json={"email": email}))["customer"]["email"] == email


@pytest.mark.parametrize("field", ["first_name", "company_name", "phone"])
async def test_text_that_cannot_be_stored_is_refused(
    admin: httpx.AsyncClient, tx: Transaction, field: str
) -> None:
    for text in (r'"a\u0000"', r'"\ud800"'):
        answer = await admin.post(
            PATH, content=f'{{"{field}": {text}}}', headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400
    assert await tx.fetchval("SELECT count(*) FROM customer") == 0


async def test_a_failed_membership_leaves_all_as_it_was(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    ann = await make_customer(tx, "ann@shop.test")
    gold, wood = await make_customer_group(tx, "Gold"), await make_customer_group(tx, "Wood")
    path = f"{PATH}/{ann}/customer-groups"
    good(await admin.post(path, json={"add": [gold]}))

    answer = await admin.post(path, json={"add": [wood, "cusgroup_none"], "remove": [gold]})

    assert refused(answer, 404) == (
        "You tried to set relationship customer_group_id: cusgroup_none,"
        " but such entity does not exist"
    )
    found = good(await admin.get(f"{PATH}/{ann}?fields=groups.name"))["customer"]["groups"]
    assert found == [{"name": "Gold"}]


async def test_default_addresses_can_be_asked_for_and_filtered_by(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    ann = await make_customer(tx, "ann@shop.test")
    group = await make_customer_group(tx, "Gold")
    await admin.post(f"{PATH}/{ann}/customer-groups", json={"add": [group]})
    body = {"city": "Bonn", "is_default_billing": True}
    good(await admin.post(f"{PATH}/{ann}/addresses", json=body))

    query = {"fields": "default_billing_address_id,default_shipping_address_id"}
    found = good(await admin.get(f"{PATH}/{ann}", params=query))["customer"]
    billing = found["default_billing_address_id"]
    groups = await admin.get(
        f"/admin/customer-groups?customers[default_billing_address_id]={billing}"
    )
    others = await admin.get("/admin/customer-groups?customers[default_shipping_address_id]=x")

    assert billing.startswith("cuaddr_")
    assert found["default_shipping_address_id"] is None
    assert (good(groups)["count"], good(others)["count"]) == (1, 0)


async def test_no_path_of_fields_leads_to_credentials(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    await make_buyer(tx)

    for fields in ("*", "*auth_identity", "+auth_identity_id", "password", "*provider_identities"):
        answer = await admin.get(PATH, params={"fields": fields})
        assert "argon2" not in answer.text
        assert "authid_" not in answer.text


async def test_who_joins_a_group_pays_its_price_at_once(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    ann, gold = await make_customer(tx, "ann@shop.test"), await make_customer_group(tx, "Gold")
    listed = [*prices(usd=10), {**prices(usd=7)[0], "rules": {"customer.groups.id": gold}}]
    made = await make_product(tx, variants=[variant(prices=listed)])
    query = {"fields": "variants.calculated_price.*", "currency_code": "usd", "customer_id": ann}

    async def price() -> float:
        found = good(await admin.get(f"/admin/products/{made.id}", params=query))
        return found["product"]["variants"][0]["calculated_price"]["calculated_amount"]

    before = await price()
    good(await admin.post(f"{PATH}/{ann}/customer-groups", json={"add": [gold]}))
    inside = await price()
    good(await admin.post(f"{PATH}/{ann}/customer-groups", json={"remove": [gold]}))

    assert (before, inside, await price()) == (10, 7, 10)
