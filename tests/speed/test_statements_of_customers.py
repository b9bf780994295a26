"""Writes of customers take as many statements for many rows as for one."""

import pytest

from tests.factories.customers import make_address, make_buyer
from tests.factories.keys import storefront
from tests.factories.taxes import make_customer, make_customer_group

SIZES = (1, 10, 50)


async def make_groups(tx, size):
    return [await make_customer_group(tx, f"G{size}-{number}") for number in range(size)]


async def join_groups(tx, size):
    customer = await make_customer(tx, f"c{size}@shop.test")
    return f"/admin/customers/{customer}/customer-groups", {"add": await make_groups(tx, size)}


async def merge_guests(tx, size):
    customer = await make_customer(tx, f"m{size}@shop.test")
    guests = [await make_customer(tx, f"g{size}-{number}@shop.test") for number in range(size)]
    for guest, group in zip(guests, await make_groups(tx, size), strict=True):
        await make_address(tx, guest)
        link = "INSERT INTO customer_group_customer VALUES ($1, $2, 'x')"
        await tx.execute(link, group, guest)
    return f"/admin/customers/{customer}/merge", {"customer_ids": guests}


async def add_default_address(tx, size):
    customer = await make_customer(tx, f"a{size}@shop.test")
    for number in range(size):
        await make_address(tx, customer, f"City {number}")
    return f"/admin/customers/{customer}/addresses", {"is_default_shipping": True}


@pytest.mark.parametrize(
    ("request_of", "number"),
    [(join_groups, 5), (merge_guests, 9), (add_default_address, 5)],
)
async def test_a_write_takes_as_many_statements_whatever_its_size(
    admin, tx, statements, request_of, number
):
    found = {}
    for size in SIZES:
        path, body = await request_of(tx, size)
        found[size] = await statements.of(admin.post(path, json=body))

    counts = {size: len(taken) for size, taken in found.items()}
    assert counts == dict.fromkeys(SIZES, number), found


async def test_a_customer_with_much_is_deleted_in_as_many_statements(admin, tx, statements):
    found = []
    for size in SIZES:
        bea = await make_buyer(tx, f"b{size}@shop.test")
        for number, group in enumerate(await make_groups(tx, size)):
            await make_address(tx, bea.id, f"City {number}")
            await tx.execute(
                "INSERT INTO customer_group_customer VALUES ($1, $2, 'x')", group, bea.id
            )
        found.append(await statements.of(admin.delete(f"/admin/customers/{bea.id}")))

    assert [len(taken) for taken in found] == [8] * 3, found


async def test_a_customer_pays_one_statement_for_being_known(client, tx, statements, settings):
    bea = await make_buyer(tx)
    await tx.execute("UPDATE api_key SET last_used_at = now()")

    as_anybody = await statements.all_of(client.get("/store/regions", headers=storefront(bea.key)))
    as_bea = await statements.all_of(
        client.get("/store/customers/me", headers=bea.headers(settings))
    )

    assert len(as_bea) == len(as_anybody) + 1, as_bea
