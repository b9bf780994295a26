"""Options, values and translations that several requests change at the same time."""

import asyncio

import pytest

from merx.modules.product.manage_options import update_option
from merx.modules.product.option_schemas import BatchOptions, UpdateOption
from merx.workflows.catalogue.batch_options import batch_options
from tests.answers import good
from tests.factories.options import make_option
from tests.factories.products import make_product, make_variant, variant
from tests.workflows.support import post_all, until_waiting, winner_and_losers

pytestmark = pytest.mark.commits

RACES = pytest.mark.parametrize(("racers", "rounds"), [(2, 10), (8, 3)])

NOT_OFFERED = """
SELECT v.id FROM product_variant v
JOIN product_variant_option c ON c.variant_id = v.id
WHERE v.deleted_at IS NULL AND NOT EXISTS (
  SELECT FROM product_product_option used
  JOIN product_product_option_value o ON o.product_product_option_id = used.id
  WHERE used.product_id = v.product_id AND used.deleted_at IS NULL AND o.deleted_at IS NULL
    AND o.product_option_value_id = c.option_value_id)"""


@RACES
async def test_one_of_the_requests_for_one_title_wins(admin, racers, rounds):
    for number in range(rounds):
        body = {"title": f"Size {number}", "values": ["S"]}
        answers = await post_all(admin, "/admin/product-options?fields=id", [body] * racers)

        _, told = winner_and_losers(answers)
        message = f"Product option with title: Size {number}, already exists."
        assert set(told) == {(400, "invalid_data", message)}


@RACES
async def test_one_of_the_requests_for_one_value_wins(admin, tx, racers, rounds):
    option = await make_option(tx, "Size", *(f"old {number}" for number in range(racers)))
    paths = [
        f"/admin/product-options/{option.id}/values/{given}" for given in option.values.values()
    ]

    for number in range(rounds):
        body = {"value": f"new {number}"}
        answers = await asyncio.gather(*(admin.post(path, json=body) for path in paths))

        _, told = winner_and_losers(answers)
        words = f"Product option value with option_id: {option.id}, value: new {number},"
        assert set(told) == {(400, "invalid_data", f"{words} already exists.")}


async def test_a_value_that_two_products_make_at_once_is_one(admin, tx):
    option = await make_option(tx, "Size", "S")
    made = [await make_product(tx, f"Shirt {number}") for number in range(6)]
    for product in made:
        body = {"add": [{"id": option.id, "value_ids": []}]}
        good(await admin.post(f"/admin/products/{product.id}/options/batch", json=body))

    body = {"update": [{"product_option_id": option.id, "add": [{"value": "M"}]}]}
    paths = [f"/admin/products/{product.id}/options/batch?fields=id" for product in made]
    answers = await asyncio.gather(*(admin.post(path, json=body) for path in paths))

    assert {answer.status_code for answer in answers} == {200}
    assert await tx.fetchval("SELECT count(*) FROM product_option_value WHERE value = 'M'") == 1


async def test_an_option_of_its_own_is_given_to_one_product(admin, tx):
    option = await make_option(tx, "Own", "S", is_exclusive=True)
    made = [await make_product(tx, f"Shirt {number}") for number in range(6)]

    body = {"add": [option.id]}
    paths = [f"/admin/products/{product.id}/options/batch?fields=id" for product in made]
    answers = await asyncio.gather(*(admin.post(path, json=body) for path in paths))

    _, told = winner_and_losers(answers)
    message = f"Product options are already assigned to another product: {option.id}"
    assert set(told) == {(400, "invalid_data", message)}


@pytest.mark.parametrize("what", ["value", "option"])
async def test_no_variant_has_a_value_that_its_product_ceases_to_offer(admin, tx, what):
    option = await make_option(tx, "Size", "S", "M")
    gone = {"product_option_id": option.id, "remove": [option.values["S"]]}
    batch = {"update": [gone]} if what == "value" else {"remove": [option.id]}

    for number in range(15):
        body = {"title": f"Shirt {number}", "options": [{"id": option.id}]}
        made = good(await admin.post("/admin/products?fields=id", json=body))["product"]["id"]
        path = f"/admin/products/{made}"
        created, removed = await asyncio.gather(
            admin.post(f"{path}/variants?fields=id", json=variant(options={"Size": "S"})),
            admin.post(f"{path}/options/batch?fields=id", json=batch),
        )

        assert {created.status_code, removed.status_code} == {200, 400}
    assert await tx.fetch(NOT_OFFERED) == []


async def test_a_removal_waits_for_a_new_variant_and_is_refused(admin, tx, database):
    product = await make_product(tx)
    [option] = await tx.fetch("SELECT id FROM product_option")

    async with database.write() as creating:
        await make_variant(creating, product.id, "new", options={"Color": "Blue"})
        path = f"/admin/products/{product.id}/options/batch"
        removing = asyncio.create_task(admin.post(path, json={"remove": [option["id"]]}))
        await until_waiting(database)

    assert (await removing).status_code == 400


async def test_a_value_that_is_being_offered_is_not_deleted(admin, tx, database):
    option = await make_option(tx, "Size", "S")
    product = await make_product(tx)

    async with database.write() as offering:
        body = BatchOptions.model_validate({"add": [option.id]})
        await batch_options(offering, product.id, body)
        path = f"/admin/product-options/{option.id}/values/{option.values['S']}"
        deleting = asyncio.create_task(admin.delete(path))
        await until_waiting(database)

    assert (await deleting).status_code == 400


async def test_a_value_that_is_being_deleted_is_not_offered(admin, tx, database):
    option = await make_option(tx, "Size", "S", "M")
    product = await make_product(tx)

    async with database.write() as deleting:
        await update_option(deleting, option.id, UpdateOption(values=["M"]))
        path = f"/admin/products/{product.id}/options/batch?fields=options.values.value"
        adding = asyncio.create_task(admin.post(path, json={"add": [option.id]}))
        await until_waiting(database)

    options = good(await adding)["product"]["options"]
    assert [{"value": "M"}] in [row["values"] for row in options]


@RACES
async def test_one_of_the_requests_for_one_translation_wins(admin, racers, rounds):
    for number in range(rounds):
        row = {"reference_id": f"x{number}", "reference": "product", "translations": {}}
        body = {"create": [{**row, "locale_code": code} for code in ("de-DE", "fr-FR")]}
        bodies = [body, {"create": body["create"][::-1]}] * (racers // 2)
        answers = await post_all(admin, "/admin/translations/batch", bodies)

        _, told = winner_and_losers(answers)
        message = f"Translation with reference_id: x{number}, locale_code: de-DE, already exists."
        assert set(told) == {(400, "invalid_data", message)}


async def test_no_text_is_lost_when_two_change_one_translation(admin, tx):
    row = {"reference_id": "x", "reference": "product", "locale_code": "de-DE"}
    body = {"create": [{**row, "translations": {}}]}
    [made] = good(await admin.post("/admin/translations/batch", json=body))["created"]

    names = [f"text {number}" for number in range(8)]
    bodies = [{"update": [{"id": made["id"], "translations": {name: "a"}}]} for name in names]
    await post_all(admin, "/admin/translations/batch", bodies)

    stored = await tx.fetchval("SELECT translations FROM translation WHERE id = $1", made["id"])
    assert sorted(stored) == names
