"""Two live prices of one set never mean the same: the last one given is the one that is charged."""

from importlib import import_module

import asyncpg
import pytest

from merx.core.ids import new_id
from merx.modules.pricing.prices import rule_columns
from tests.answers import good
from tests.factories.products import make_product, prices, variant

LISTS = "/admin/price-lists"


def eur(amount, **more):
    return {"currency_code": "eur", "amount": amount, **more}


@pytest.fixture
async def made(tx):
    return await make_product(tx, variants=[variant(prices=prices(eur=10, usd=11))])


async def live(tx, *, listed=False):
    """Amounts by currency and least quantity; a price that means the same would be lost here."""
    records = await tx.fetch(
        "SELECT currency_code, min_quantity, amount, id FROM price WHERE deleted_at IS NULL"
        f" AND price_list_id IS {'NOT' if listed else ''} NULL ORDER BY currency_code, min_quantity"
    )
    return [
        f"{record['currency_code']} {record['amount']}"
        + (f" from {record['min_quantity']}" if record["min_quantity"] else "")
        for record in records
    ]


async def ids(tx):
    records = await tx.fetch("SELECT currency_code, id FROM price WHERE deleted_at IS NULL")
    return {record["currency_code"]: record["id"] for record in records}


UPDATES = {
    "one with its id, then one without": ([("eur", eur(12)), (None, eur(13))], ["eur 13"]),
    "one without its id, then one with": ([(None, eur(13)), ("eur", eur(12))], ["eur 12"]),
    "one id without its currency": ([("eur", {"amount": 12}), (None, eur(13))], ["eur 13"]),
    "both become the same": ([("eur", eur(12)), ("usd", eur(13))], ["eur 13"]),
    "they swap": (
        [("eur", eur(12, currency_code="usd")), ("usd", eur(13))],
        ["eur 13", "usd 12"],
    ),
    "one moves, another takes its place": (
        [("eur", eur(12, currency_code="usd")), (None, eur(13))],
        ["eur 13", "usd 12"],
    ),
    "one moves to another's place": ([("eur", eur(12, currency_code="usd"))], ["usd 12"]),
    "bounds that are given": (
        [("eur", eur(12, min_quantity=2)), (None, eur(14, min_quantity=2)), (None, eur(15))],
        ["eur 14 from 2", "eur 15"],
    ),
    "an id twice": ([("eur", eur(12)), ("eur", eur(13))], ["eur 13"]),
    "codes of another case": ([(None, eur(1)), (None, eur(2, currency_code="EUR"))], ["eur 2"]),
    "rules": (
        [
            (None, eur(1, rules={"season": "a"})),
            (None, eur(2, rules={"season": "a"})),
            (None, eur(3, rules={})),
        ],
        ["eur 2", "eur 3"],
    ),
}


@pytest.mark.parametrize("route", ["variant", "variants/batch", "product", "products/batch"])
@pytest.mark.parametrize("case", UPDATES)
async def test_of_prices_that_mean_the_same_the_last_one_stays(admin, tx, made, route, case):
    given, left = UPDATES[case]
    present = await ids(tx)
    named = [{**({"id": present[code]} if code else {}), **price} for code, price in given]
    [variant_id] = made.variant_ids
    row = {"id": variant_id, "prices": named}
    product = f"/admin/products/{made.id}"
    path, body = {
        "variant": (f"{product}/variants/{variant_id}", {"prices": named}),
        "variants/batch": (f"{product}/variants/batch", {"update": [row]}),
        "product": (product, {"variants": [row]}),
        "products/batch": (
            "/admin/products/batch",
            {"update": [{"id": made.id, "variants": [row]}]},
        ),
    }[route]

    good(await admin.post(path, json=body))

    assert sorted(await live(tx)) == left


async def test_a_price_that_stays_keeps_its_id(admin, tx, made):
    present = await ids(tx)
    [variant_id] = made.variant_ids
    body = {"prices": [{"id": present["eur"], **eur(12)}, eur(13)]}

    good(await admin.post(f"/admin/products/{made.id}/variants/{variant_id}", json=body))

    assert await ids(tx) == {"eur": present["eur"]}


async def test_of_equal_prices_of_a_new_variant_the_last_one_counts(admin, tx, made):
    body = {"title": "New", "prices": [eur(1), eur(2, currency_code="EUR"), eur(3, rules={})]}

    good(await admin.post(f"/admin/products/{made.id}/variants", json=body))

    assert sorted(await live(tx)) == ["eur 10", "eur 3", "usd 11"]


@pytest.fixture
async def price_list(admin, made):
    rows = [eur(5, variant_id=made.variant_ids[0], min_quantity=1, max_quantity=10)]
    rows.append(eur(6, variant_id=made.variant_ids[0]))
    body = {"title": "Sale", "description": "", "prices": rows}
    return good(await admin.post(LISTS, json=body))["price_list"]["id"]


@pytest.mark.parametrize(
    ("bounds", "left"),
    [
        ({"min_quantity": 1, "max_quantity": 10}, ["eur 6", "eur 9 from 1"]),
        ({"min_quantity": 1.0, "max_quantity": 10}, ["eur 6", "eur 9 from 1"]),
        ({}, ["eur 5 from 1", "eur 9"]),
        ({"rules": {"season": "reg"}}, ["eur 5 from 1", "eur 6", "eur 9"]),
        ({"min_quantity": 2}, ["eur 5 from 1", "eur 6", "eur 9 from 2"]),
    ],
)
async def test_a_listed_price_replaces_one_that_means_the_same(
    admin, tx, made, price_list, bounds, left
):
    row = eur(9, variant_id=made.variant_ids[0], **bounds)
    before = await tx.fetch("SELECT id FROM price WHERE price_list_id IS NOT NULL")

    answer = await admin.post(f"{LISTS}/{price_list}/prices/batch", json={"create": [row]})

    [created] = good(answer)["created"]
    assert created["amount"] == 9
    assert sorted(await live(tx, listed=True)) == left
    assert (created["id"] in {record["id"] for record in before}) == (len(left) == 2)


async def test_listed_prices_that_come_to_mean_the_same_become_one(admin, tx, made, price_list):
    text = "SELECT id FROM price WHERE price_list_id IS NOT NULL ORDER BY amount"
    bounded, plain = [record["id"] for record in await tx.fetch(text)]
    at = {"variant_id": made.variant_ids[0]}
    path = f"{LISTS}/{price_list}/prices/batch"

    # The one that is changed displaces the one that is not.
    moved = {"id": bounded, **at, "min_quantity": None, "max_quantity": None}
    one = good(await admin.post(path, json={"update": [moved]}))
    # A new one takes the place of the one that was changed in the same call.
    two = good(
        await admin.post(
            path, json={"update": [{"id": bounded, **at, "amount": 7}], "create": [eur(8, **at)]}
        )
    )

    assert [row["id"] for row in one["updated"]] == [bounded]
    assert [row["id"] for row in two["created"]] == [bounded]
    assert await live(tx, listed=True) == ["eur 8"]
    assert await tx.fetchval("SELECT deleted_at IS NOT NULL FROM price WHERE id = $1", plain)


async def test_listed_prices_swap_their_bounds(admin, tx, made, price_list):
    text = "SELECT id FROM price WHERE price_list_id IS NOT NULL ORDER BY amount"
    bounded, plain = [record["id"] for record in await tx.fetch(text)]
    at = {"variant_id": made.variant_ids[0]}
    rows = [
        {"id": bounded, **at, "min_quantity": None, "max_quantity": None},
        {"id": plain, **at, "min_quantity": 1, "max_quantity": 10},
    ]

    good(await admin.post(f"{LISTS}/{price_list}/prices/batch", json={"update": rows}))

    assert await live(tx, listed=True) == ["eur 6 from 1", "eur 5"]


async def test_the_database_refuses_a_second_price_that_means_the_same(tx, made):
    text = (
        "INSERT INTO price (id, price_set_id, currency_code, amount)"
        " SELECT $1, price_set_id, 'eur', 1 FROM product_variant"
    )

    with pytest.raises(asyncpg.UniqueViolationError):
        await tx.execute(text, new_id("price"))


async def test_the_migration_gives_prices_the_keys_that_the_code_gives(admin, tx, made):
    rules = [{"season": "a", "größe": "ü"}, {"a": "b"}, {}]
    body = {"prices": [eur(place, rules=given) for place, given in enumerate(rules)]}
    [variant_id] = made.variant_ids
    good(await admin.post(f"/admin/products/{made.id}/variants/{variant_id}", json=body))
    keys = "SELECT array_agg(rules_key ORDER BY id) FROM price WHERE deleted_at IS NULL"
    ours = await tx.fetchval(keys)

    await tx.execute("UPDATE price SET rules_key = id")
    migration = import_module("migrations.versions.0014_same_prices")
    await tx.execute(migration.FILL)

    assert sorted(key for key in ours if key) == sorted(
        key for key in await tx.fetchval(keys) if not key.startswith("price_")
    )


async def test_rules_count_as_the_same_in_any_order():
    one = rule_columns({"season": "a", "customer": "b"})

    assert one == rule_columns({"customer": "b", "season": "a"})
    assert one["rules_key"] != rule_columns({"season": "b", "customer": "a"})["rules_key"]
