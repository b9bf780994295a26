"""Requests that want one e-mail, one log-in or one default at the same time."""

import asyncio

import pytest

from tests.answers import good
from tests.factories.customers import make_address, make_buyer, make_newcomer
from tests.factories.taxes import make_customer, make_customer_group
from tests.workflows.support import holding, post_all, until_waiting, winner_and_losers

pytestmark = pytest.mark.commits

RACERS = 6


async def test_one_of_the_guests_gets_the_email(admin, tx):
    answers = await post_all(admin, "/admin/customers", [{"email": "a@shop.test"}] * RACERS)

    _, told = winner_and_losers(answers)
    message = "Customer with email: a@shop.test, has_account: false, already exists."
    assert set(told) == {(400, "invalid_data", message)}
    assert await tx.fetchval("SELECT count(*) FROM customer") == 1


async def test_one_of_the_accounts_gets_the_email(client, tx, settings):
    people = [await make_newcomer(tx, f"n{number}@home.test") for number in range(RACERS)]

    answers = await asyncio.gather(
        *(
            client.post(
                "/store/customers", json={"email": "a@home.test"}, headers=one.headers(settings)
            )
            for one in people
        )
    )

    _, told = winner_and_losers(answers)
    message = "Customer with this email already has an account"
    assert set(told) == {(422, "duplicate_error", message)}
    bound = "SELECT count(*) FROM auth_identity WHERE app_metadata ? 'customer_id'"
    assert await tx.fetchval(bound) == 1


async def test_one_login_becomes_one_customer(client, tx, settings):
    headers = (await make_newcomer(tx)).headers(settings)
    client.headers.update(headers)
    bodies = [{"email": f"a{number}@home.test"} for number in range(RACERS)]

    answers = await post_all(client, "/store/customers", bodies)

    won, told = winner_and_losers(answers)
    message = "Request already authenticated as a customer."
    assert set(told) == {(400, "invalid_data", message)}
    customers = await tx.fetch("SELECT id FROM customer")
    assert [record["id"] for record in customers] == [won.json()["customer"]["id"]]


async def test_of_defaults_set_at_once_one_stays(admin, tx):
    ann = await make_customer(tx, "ann@shop.test")
    path = f"/admin/customers/{ann}/addresses"
    default = {"is_default_shipping": True, "is_default_billing": True}
    old = [await make_address(tx, ann, f"Old {number}") for number in range(RACERS)]

    added, changed = await asyncio.gather(
        post_all(admin, path, [default] * RACERS),
        asyncio.gather(*(admin.post(f"{path}/{one}", json=default) for one in old)),
    )

    assert {answer.status_code for answer in (*added, *changed)} == {200}
    for kind in ("shipping", "billing"):
        count = f"SELECT count(*) FROM customer_address WHERE is_default_{kind}"
        assert await tx.fetchval(count) == 1
    assert await tx.fetchval("SELECT count(*) FROM customer_address") == 2 * RACERS


async def test_who_is_being_deleted_gets_no_address(admin, database, tx):
    ann = await make_customer(tx, "ann@shop.test")
    going = "UPDATE customer SET deleted_at = now() WHERE id = $1"
    async with holding(database, going, ann):
        asked = asyncio.create_task(admin.post(f"/admin/customers/{ann}/addresses", json={}))
        await until_waiting(database)

    assert (await asked).status_code == 404
    assert await tx.fetchval("SELECT count(*) FROM customer_address") == 0


async def test_a_session_does_not_slip_in_beside_the_deletion(
    admin, database, tx, client, settings
):
    bea = await make_buyer(tx)
    async with holding(database, "SELECT FROM customer WHERE id = $1 FOR UPDATE", bea.id):
        going = asyncio.create_task(admin.delete(f"/admin/customers/{bea.id}"))
        await until_waiting(database)
        good(await client.post("/auth/session", headers=bea.headers(settings)))

    good(await going)
    assert await tx.fetchval("SELECT count(*) FROM auth_session") == 0


async def test_two_merges_of_one_guest_give_it_to_one(admin, tx):
    guest = await make_customer(tx, "guest@home.test")
    address = await make_address(tx, guest)
    wanting = [await make_customer(tx, f"a{number}@home.test") for number in range(RACERS)]

    answers = await asyncio.gather(
        *(
            admin.post(f"/admin/customers/{one}/merge", json={"customer_ids": [guest]})
            for one in wanting
        )
    )

    won, told = winner_and_losers(answers)
    assert set(told) == {(404, "not_found", f"Customers were not found: {guest}")}
    owner = "SELECT customer_id FROM customer_address WHERE id = $1"
    assert await tx.fetchval(owner, address) == won.json()["customer"]["id"]


async def test_memberships_from_both_sides_and_deletions_do_not_lock_each_other_out(admin, tx):
    for _ in range(5):
        guests = [await make_customer(tx, None) for _ in range(3)]
        names = await tx.fetchval("SELECT count(*) FROM customer_group")
        groups = [await make_customer_group(tx, f"G{names + number}") for number in range(3)]
        answers = await asyncio.gather(
            *(
                admin.post(f"/admin/customer-groups/{group}/customers", json={"add": guests})
                for group in groups
            ),
            *(
                admin.post(f"/admin/customers/{guest}/customer-groups", json={"add": groups})
                for guest in guests
            ),
            admin.post(f"/admin/customers/{guests[0]}/merge", json={"customer_ids": guests[1:2]}),
            admin.delete(f"/admin/customer-groups/{groups[0]}"),
            admin.delete(f"/admin/customers/{guests[2]}"),
        )
        assert {answer.status_code for answer in answers} <= {200, 404}

    loose = """
        SELECT count(*) FROM customer_group_customer l
        JOIN customer c ON c.id = l.customer_id JOIN customer_group g ON g.id = l.customer_group_id
        WHERE c.deleted_at IS NOT NULL OR g.deleted_at IS NOT NULL"""
    assert await tx.fetchval(loose) == 0
