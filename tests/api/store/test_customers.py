"""`/store/customers`: who becomes a customer, and who may act as one."""

import httpx
import pytest

from merx.core.database import Transaction
from merx.settings import Settings
from tests.answers import good, refused
from tests.factories.customers import Buyer, make_address, make_buyer, make_newcomer
from tests.factories.keys import storefront
from tests.factories.people import UNAUTHORIZED, bearer, log_in, make_person
from tests.observed import emitted, statements_of

ME = "/store/customers/me"


@pytest.fixture
async def bea(tx: Transaction) -> Buyer:
    return await make_buyer(tx)


@pytest.fixture
def buyer(client: httpx.AsyncClient, bea: Buyer, settings: Settings) -> httpx.AsyncClient:
    """The client with Bea's key and token."""
    client.headers.update(bea.headers(settings))
    return client


async def start_session(client: httpx.AsyncClient, bea: Buyer, settings: Settings) -> None:
    """Give the client Bea's session cookie, and her storefront's key."""
    good(await client.post("/auth/session", headers=bearer(bea.token(settings))))
    client.headers.update(storefront(bea.key))


async def test_from_nobody_to_an_account(client: httpx.AsyncClient, tx: Transaction) -> None:
    key = (await make_buyer(tx)).key
    credentials = {"email": "new@home.test", "password": "a password"}
    registered = await client.post("/auth/customer/emailpass/register", json=credentials)
    new = {**storefront(key), **bearer(good(registered)["token"])}

    made = good(await client.post("/store/customers", json={"email": "new@home.test"}, headers=new))
    too_early = await client.get(ME, headers=new)
    logged_in = await client.post("/auth/customer/emailpass", json=credentials)
    now = {**storefront(key), **bearer(good(logged_in)["token"])}
    me = good(await client.get(ME, headers=now))

    assert too_early.status_code == 401
    assert me == made
    assert me["customer"]["has_account"] is True
    assert await emitted(tx) == {"customer.created": [me["customer"]["id"]]}


async def test_one_login_becomes_one_customer(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    new = await make_newcomer(tx)
    headers = new.headers(settings)
    good(await client.post("/store/customers", json={"email": "a@home.test"}, headers=headers))

    again = await client.post("/store/customers", json={"email": "b@home.test"}, headers=headers)
    taken = await client.post("/store/customers", json={"email": "a@home.test"}, headers=headers)

    assert refused(again) == "Request already authenticated as a customer."
    assert refused(taken, 422) == "Customer with this email already has an account"
    assert taken.json()["type"] == "duplicate_error"
    assert await tx.fetchval("SELECT count(*) FROM customer") == 1


async def test_a_customer_does_not_become_another(buyer: httpx.AsyncClient) -> None:
    answer = await buyer.post("/store/customers", json={"email": "second@home.test"})

    assert refused(answer) == "Request already authenticated as a customer."


async def test_a_login_cannot_try_one_email_after_the_other(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, bea: Buyer
) -> None:
    headers = (await make_newcomer(tx)).headers(settings)
    body = {"email": bea.email}

    tried = [
        await client.post("/store/customers", json=body, headers=headers)
        for _ in range(settings.login_attempts + 1)
    ]
    other = (await make_newcomer(tx, "other@home.test")).headers(settings)
    still = await client.post("/store/customers", json={"email": "a@b.co"}, headers=other)

    assert [answer.status_code for answer in tried] == [422] * settings.login_attempts + [429]
    assert tried[-1].json()["message"].startswith("Too many attempts to become a customer")
    assert int(tried[-1].headers["retry-after"]) > 0
    assert good(still)


@pytest.mark.parametrize("body", [{}, {"email": None}])
async def test_an_account_needs_an_email(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, body: dict[str, None]
) -> None:
    headers = (await make_newcomer(tx)).headers(settings)

    answer = await client.post("/store/customers", json=body, headers=headers)

    assert refused(answer) == "Email is required to create a customer"


async def test_a_deleted_login_becomes_nobody(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    headers = (await make_newcomer(tx)).headers(settings)
    await tx.execute("UPDATE auth_identity SET deleted_at = now()")

    answer = await client.post("/store/customers", json={"email": "a@b.co"}, headers=headers)

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


async def test_a_newcomer_with_a_session_becomes_a_customer(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    await start_session(client, await make_newcomer(tx), settings)

    made = good(await client.post("/store/customers", json={"email": "a@home.test"}))

    # The session is that of a log-in that was nobody; logging in again makes one of a customer.
    assert made["customer"]["email"] == "a@home.test"
    assert (await client.get(ME)).status_code == 401


@pytest.mark.parametrize(
    "field",
    ["id", "has_account", "created_by", "created_at", "deleted_at", "groups", "addresses",
     "customer_id", "additional_data", "password", "__proto__"],
)  # fmt: skip
async def test_what_a_buyer_must_not_set_is_refused(
    buyer: httpx.AsyncClient, tx: Transaction, settings: Settings, bea: Buyer, field: str
) -> None:
    words = f"Invalid request: Unrecognized fields: '{field}'"
    new = (await make_newcomer(tx)).headers(settings)
    body = {field: "x", "first_name": "Eve"}

    registering = {**body, "email": "e@home.test"}
    assert refused(await buyer.post("/store/customers", json=registering, headers=new)) == words
    assert refused(await buyer.post(ME, json=body)) == words

    row = await tx.fetchrow("SELECT * FROM customer")
    assert row is not None
    assert (row["id"], row["first_name"], row["has_account"]) == (bea.id, None, True)


async def test_the_email_of_an_account_is_not_changed_by_its_customer(
    buyer: httpx.AsyncClient, bea: Buyer
) -> None:
    answer = await buyer.post(ME, json={"email": "other@home.test"})

    assert refused(answer) == "Invalid request: Unrecognized fields: 'email'"
    assert good(await buyer.get(ME))["customer"]["email"] == bea.email


async def test_who_is_no_customer_is_refused(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, bea: Buyer
) -> None:
    user, gone = await make_person(tx), await make_buyer(tx, "gone@home.test")
    guest = await make_buyer(tx, "guest@home.test")
    both = await make_buyer(tx, "both@home.test", user_id=user.user_id)
    await tx.execute("UPDATE customer SET deleted_at = now() WHERE id = $1", gone.id)
    await tx.execute("UPDATE customer SET has_account = false WHERE id = $1", guest.id)
    tokens = {
        "a user": user.token(settings),
        "a user who says to be a customer": user.token(settings, actor_type="customer"),
        "a customer as the user it also is": both.token(settings, actor_type="user"),
        "another actor type": bea.token(settings, actor_type="vendor"),
        "deleted": gone.token(settings),
        "without an account": guest.token(settings),
        "expired": bea.token(settings, lifetime=-1),
        "not signed here": bea.token(settings)[:-4] + "AAAA",
        "a newcomer": (await make_newcomer(tx)).token(settings),
    }

    for name, token in tokens.items():
        answer = await client.get(ME, headers={**storefront(bea.key), **bearer(token)})
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED), name


async def test_a_session_acts_as_the_customer_until_it_ends(
    client: httpx.AsyncClient, settings: Settings, bea: Buyer
) -> None:
    await start_session(client, bea, settings)
    assert good(await client.get(ME))["customer"]["id"] == bea.id

    good(await client.delete("/auth/session"))

    assert (await client.get(ME)).status_code == 401


async def test_the_session_of_a_user_is_no_customers(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, bea: Buyer
) -> None:
    user = await make_person(tx)
    good(await client.post("/auth/session", headers=user.bearer(settings)))

    answer = await client.get(ME, headers=storefront(bea.key))

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        # The origin allowed for the admin is not allowed for the store.
        ({"origin": "http://localhost:5173"}, 403),
        ({"origin": "http://localhost:8000"}, 200),
        ({"origin": "http://localhost:9000"}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({}, 200),
    ],
)
async def test_another_site_does_not_use_a_customers_session(
    client: httpx.AsyncClient, settings: Settings, bea: Buyer, headers: dict[str, str], status: int
) -> None:
    await start_session(client, bea, settings)

    answer = await client.post(ME, json={"first_name": "B"}, headers=headers)

    assert answer.status_code == status
    if status == 403:
        assert "MERX_STORE_CORS" in answer.json()["message"]


async def test_the_body_is_judged_after_the_caller(client: httpx.AsyncClient, bea: Buyer) -> None:
    headers = {**storefront(bea.key), "content-type": "application/json"}

    for path in ("/store/customers", ME, f"{ME}/addresses", f"{ME}/addresses/x"):
        for content in (b"{broken", b'{"unknown": 1}', b"[]"):
            answer = await client.post(path, content=content, headers=headers)
            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED), path


@pytest.mark.parametrize(
    "fields",
    ["created_by", "+created_by", "*groups", "groups.name", "*addresses.customer.groups",
     "addresses.customer.created_by", "*", "default_billing_address_id"],
)  # fmt: skip
async def test_only_what_is_meant_for_the_customer_is_shown(
    buyer: httpx.AsyncClient, tx: Transaction, bea: Buyer, fields: str
) -> None:
    await tx.execute("UPDATE customer SET created_by = 'secret'")
    await tx.execute("INSERT INTO customer_group (id, name) VALUES ('g', 'secret')")
    await tx.execute("INSERT INTO customer_group_customer VALUES ('g', $1, 'x')", bea.id)
    await make_address(tx, bea.id)

    answer = await buyer.get(ME, params={"fields": fields})

    assert good(answer)["customer"]["id"] == bea.id
    assert "secret" not in answer.text
    assert "default_billing_address_id" not in answer.text


async def test_addresses_of_others_are_as_absent_as_those_of_nobody(
    buyer: httpx.AsyncClient, tx: Transaction
) -> None:
    other = await make_buyer(tx, "other@home.test")
    theirs = await make_address(tx, other.id, "Bonn")

    def told(address: str, answer: httpx.Response) -> bool:
        return refused(answer, 404) == f"Address with id: {address} was not found"

    for address in (theirs, "cuaddr_none"):
        path = f"{ME}/addresses/{address}"
        assert told(address, await buyer.get(path))
        assert told(address, await buyer.post(path, json={"is_default_shipping": True}))
        assert told(address, await buyer.delete(path))
    listed = good(await buyer.get(f"{ME}/addresses?q=Bonn"))

    assert listed["count"] == 0
    row = await tx.fetchrow("SELECT * FROM customer_address")
    assert row is not None
    assert (row["is_default_shipping"], row["deleted_at"]) == (False, None)


@pytest.mark.parametrize("field", ["customer_id", "id", "deleted_at", "additional_data"])
async def test_an_address_is_not_given_away(
    buyer: httpx.AsyncClient, tx: Transaction, bea: Buyer, field: str
) -> None:
    mine = await make_address(tx, bea.id)
    words = f"Invalid request: Unrecognized fields: '{field}'"

    for path in (f"{ME}/addresses", f"{ME}/addresses/{mine}"):
        assert refused(await buyer.post(path, json={field: "x", "city": "y"})) == words


async def test_a_read_is_one_statement_after_key_and_customer(
    buyer: httpx.AsyncClient, tx: Transaction, bea: Buyer
) -> None:
    for number in range(3):
        await make_address(tx, bea.id, f"City {number}")
    # The key's use is noted now, and not again within the minute.
    good(await buyer.get(ME))

    for path in (ME, f"{ME}/addresses?order=-city"):
        async with statements_of(tx) as statements:
            good(await buyer.get(path))
        # The key with its channels, the customer, and the read.
        assert len(statements) == 3, statements


async def test_logging_in_is_the_same_for_customers(client: httpx.AsyncClient, bea: Buyer) -> None:
    wrong = await client.post(
        "/auth/customer/emailpass", json={"email": bea.email, "password": "wrong"}
    )
    unknown = await client.post(
        "/auth/customer/emailpass", json={"email": "no@home.test", "password": "wrong"}
    )

    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert (await log_in(client, bea.email)).status_code == 200
