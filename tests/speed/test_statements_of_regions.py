"""Writes of regions, stores, taxes and groups take as many statements for many rows as for one."""

import pytest

from tests.factories.taxes import make_customer, make_customer_group, make_region, make_tax_region

SIZES = (1, 10, 50)
CODES = "SELECT {} FROM {} ORDER BY 1 LIMIT 200"


async def codes(tx, column, table):
    return [record[0] for record in await tx.fetch(CODES.format(column, table))]


async def create_region(tx, size):
    start = {1: 0, 10: 1, 50: 11}[size]
    countries = (await codes(tx, "iso_2", "country"))[start : start + size]
    return "/admin/regions", {"name": "R", "currency_code": "eur", "countries": countries}


async def change_countries(tx, size):
    region = await make_region(tx, "R")
    start = {1: 0, 10: 1, 50: 11}[size]
    countries = (await codes(tx, "iso_2", "country"))[start : start + size]
    return f"/admin/regions/{region}", {"countries": countries}


async def change_currencies(tx, size):
    store = await tx.fetchval("SELECT id FROM store")
    wanted = [
        {"currency_code": code, "is_default": place == 0, "is_tax_inclusive": True}
        for place, code in enumerate((await codes(tx, "code", "currency"))[:size])
    ]
    return f"/admin/stores/{store}", {"supported_currencies": wanted}


async def create_tax_rate(tx, size):
    region = await make_tax_region(tx, "kp", f"p{size}")
    rules = [{"reference": "shipping_option", "reference_id": f"so_{n}"} for n in range(size)]
    return "/admin/tax-rates", {
        "tax_region_id": region,
        "code": "c",
        "name": "n",
        "rules": rules,
    }


async def fill_group(tx, size):
    group = await make_customer_group(tx, f"G{size}")
    add = [await make_customer(tx, f"c{size}-{n}@shop.test") for n in range(size)]
    return f"/admin/customer-groups/{group}/customers", {"add": add}


@pytest.mark.parametrize(
    ("request_of", "number"),
    [
        (create_region, 7),
        (change_countries, 6),
        (change_currencies, 7),
        (create_tax_rate, 4),
        (fill_group, 5),
    ],
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
