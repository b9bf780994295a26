"""An e-mail is one whatever its case."""

import httpx
import pytest

from merx.core.database import Transaction
from merx.operations.doctor import examine
from merx.settings import Settings
from tests.answers import good
from tests.factories.customers import make_buyer, make_newcomer
from tests.factories.people import PASSWORD, log_in, make_person


@pytest.mark.parametrize("email", ["ada@shop.test", "Ada@shop.test", "ADA@SHOP.TEST"])
async def test_logging_in_is_without_regard_to_case(
    client: httpx.AsyncClient, tx: Transaction, email: str
) -> None:
    await make_person(tx, "Ada@Shop.test")

    assert "token" in good(await log_in(client, email))


async def test_a_second_log_in_of_another_case_is_refused(client: httpx.AsyncClient) -> None:
    path = "/auth/customer/emailpass/register"
    good(await client.post(path, json={"email": "Hello@home.test", "password": PASSWORD}))

    body = {"email": "hello@home.test", "password": "another"}
    answer = await client.post(path, json=body)

    assert answer.status_code == 401
    assert answer.json()["message"] == "Identity with email already exists"


async def test_a_second_account_of_another_case_is_refused(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    await make_buyer(tx, "Bea@home.test")
    new = await make_newcomer(tx)

    body = {"email": "bea@HOME.test"}
    answer = await client.post("/store/customers", json=body, headers=new.headers(settings))

    assert (answer.status_code, answer.json()["message"]) == (
        422,
        "Customer with this email already has an account",
    )


async def test_a_guest_of_another_case_is_refused_by_the_admin(admin: httpx.AsyncClient) -> None:
    good(await admin.post("/admin/customers", json={"email": "Guest@home.test"}))

    answer = await admin.post("/admin/customers", json={"email": "guest@home.test"})

    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "Customer with this email, in capitals or not, already exists.",
    )


async def test_an_invite_for_a_users_email_in_another_case_is_refused(
    admin: httpx.AsyncClient,
) -> None:
    answer = await admin.post("/admin/invites", json={"email": "Admin@shop.test"})

    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "User account for following email(s) already exist: Admin@shop.test",
    )


async def test_a_second_invite_in_another_case_is_refused(admin: httpx.AsyncClient) -> None:
    good(await admin.post("/admin/invites", json={"email": "new@shop.test"}))

    answer = await admin.post("/admin/invites", json={"email": "New@shop.test"})

    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "Invite with this email, in capitals or not, already exists.",
    )


async def test_twins_from_before_log_in_by_their_own_spelling_and_are_named(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    await make_buyer(tx, "Bea@home.test")
    await tx.execute("UPDATE customer SET has_twin = true")
    await tx.execute("UPDATE provider_identity SET has_twin = true")
    await make_buyer(tx, "bea@home.test")
    await tx.execute("UPDATE customer SET has_twin = true")
    await tx.execute("UPDATE provider_identity SET has_twin = true")

    found = {(one.words, one.details) for one in await examine(tx)}

    assert found == {
        ("customers whose e-mails differ by case alone", "Bea@home.test, bea@home.test"),
        ("log-ins whose e-mails differ by case alone", "Bea@home.test, bea@home.test"),
    }
    for email, status in (("Bea@home.test", 200), ("bea@home.test", 200), ("BEA@home.test", 401)):
        body = {"email": email, "password": PASSWORD}
        answer = await client.post("/auth/customer/emailpass", json=body)
        assert answer.status_code == status


async def test_a_reset_asked_for_in_another_case_goes_to_the_owner(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    await make_person(tx, "Ada@shop.test")

    path = "/auth/user/emailpass/reset-password"
    answer = await client.post(path, json={"identifier": "ADA@shop.test"})

    assert answer.status_code == 201
    assert [row["to"] for row in await tx.fetch('SELECT "to" FROM mail')] == ["Ada@shop.test"]
