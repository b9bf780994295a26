"""`/admin/customers/{id}/merge`: guests who are the same person as a customer."""

import httpx
import pytest

from merx.core.database import Transaction
from merx.settings import Settings
from tests.answers import good, problems, refused
from tests.factories.customers import Buyer, make_address, make_buyer
from tests.factories.taxes import make_customer, make_customer_group
from tests.observed import emitted


@pytest.fixture
async def bea(tx: Transaction) -> Buyer:
    return await make_buyer(tx)


async def merge(admin: httpx.AsyncClient, customer_id: str, *guests: str) -> httpx.Response:
    path = f"/admin/customers/{customer_id}/merge?fields=email,addresses.city,groups.name"
    return await admin.post(path, json={"customer_ids": list(guests)})


async def test_what_guests_have_becomes_the_customers(
    admin: httpx.AsyncClient, tx: Transaction, client: httpx.AsyncClient, settings: Settings,
    bea: Buyer,
) -> None:  # fmt: skip
    guest = await make_customer(tx, bea.email, first_name="B.")
    other = await make_customer(tx, "bea@work.test")
    gold, wood = await make_customer_group(tx, "Gold"), await make_customer_group(tx, "Wood")
    for customer, groups in ((bea.id, [gold]), (guest, [gold, wood]), (other, [wood])):
        good(await admin.post(f"/admin/customers/{customer}/customer-groups", json={"add": groups}))
    own = {"city": "Own", "is_default_shipping": True}
    theirs = {"city": "Guest", "is_default_shipping": True, "is_default_billing": True}
    good(await admin.post(f"/admin/customers/{bea.id}/addresses", json=own))
    good(await admin.post(f"/admin/customers/{guest}/addresses", json=theirs))
    moved = await tx.fetchval("SELECT id FROM customer_address WHERE city = 'Guest'")

    merged = good(await merge(admin, bea.id, guest, other, guest))["customer"]

    assert merged == {
        "id": bea.id,
        "email": bea.email,
        "addresses": [{"city": "Own"}, {"city": "Guest"}],
        "groups": [{"name": "Gold"}, {"name": "Wood"}],
    }
    default = "SELECT city FROM customer_address WHERE is_default_shipping OR is_default_billing"
    assert [record["city"] for record in await tx.fetch(default)] == ["Own"]
    assert await tx.fetchval("SELECT count(*) FROM customer_group_customer") == 2
    for gone in (guest, other):
        assert (await admin.get(f"/admin/customers/{gone}")).status_code == 404
    events = await emitted(tx)
    assert events["customer.deleted"] == [guest, other]
    assert events["customer-address.updated"] == [moved]
    assert events["customer-group.updated"][-1] == wood
    assert good(await client.get("/store/customers/me", headers=bea.headers(settings)))


async def test_only_guests_who_are_there_are_merged_and_all_or_none(
    admin: httpx.AsyncClient, tx: Transaction, bea: Buyer
) -> None:
    guest = await make_customer(tx, "guest@home.test")
    address = await make_address(tx, guest)
    account = await make_buyer(tx, "other@home.test")

    missing = await merge(admin, bea.id, guest, "cus_none")
    with_account = await merge(admin, bea.id, guest, account.id)
    itself = await merge(admin, bea.id, guest, bea.id)
    into_none = await merge(admin, "cus_none", guest)

    assert refused(missing, 404) == "Customers were not found: cus_none"
    assert list(problems(missing)) == ["customer_ids[1]"]
    assert with_account.json()["type"] == "not_allowed"
    assert refused(with_account) == (
        f"Customers with an account cannot be merged into another: {account.id}"
    )
    assert refused(itself) == "A customer cannot be merged into itself"
    assert refused(into_none, 404) == "Customer with id: cus_none not found"
    owner = "SELECT customer_id FROM customer_address WHERE id = $1"
    assert await tx.fetchval(owner, address) == guest
    assert await tx.fetchval("SELECT count(*) FROM customer WHERE deleted_at IS NOT NULL") == 0


@pytest.mark.parametrize(
    "body", [{}, {"customer_ids": "x"}, {"customer_ids": [1]}, {"customer_ids": [], "foo": 1}]
)
async def test_a_body_that_is_none_is_refused(
    admin: httpx.AsyncClient, bea: Buyer, body: dict[str, object]
) -> None:
    assert refused(await admin.post(f"/admin/customers/{bea.id}/merge", json=body))


async def test_nobody_is_merged_by_registering_their_email(
    admin: httpx.AsyncClient, tx: Transaction, client: httpx.AsyncClient
) -> None:
    guest = await make_customer(tx, "rich@home.test")
    await make_address(tx, guest, "Villa")
    bea = await make_buyer(tx)
    credentials = {"email": "rich@home.test", "password": "of somebody else"}
    registered = await client.post("/auth/customer/emailpass/register", json=credentials)
    headers = {
        "authorization": f"Bearer {good(registered)['token']}",
        "x-publishable-api-key": bea.key,
    }

    made = await client.post("/store/customers", json={"email": "rich@home.test"}, headers=headers)

    assert good(made)["customer"]["addresses"] == []
    assert good(made)["customer"]["id"] != guest
    assert good(await admin.get(f"/admin/customers/{guest}/addresses"))["count"] == 1


async def test_all_events_of_a_merge_are_told(
    admin: httpx.AsyncClient, tx: Transaction, bea: Buyer
) -> None:
    guest = await make_customer(tx, "guest@home.test")
    address = await make_address(tx, guest)
    wood = await make_customer_group(tx, "Wood")
    good(await admin.post(f"/admin/customers/{guest}/customer-groups", json={"add": [wood]}))
    await tx.execute("DELETE FROM event")

    good(await merge(admin, bea.id, guest))

    assert await emitted(tx) == {
        "customer.updated": [bea.id],
        "customer.deleted": [guest],
        "customer-address.updated": [address],
        "customer-group.updated": [wood],
    }
