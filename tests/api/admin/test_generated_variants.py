"""Variants made from the options of a product."""

import asyncio

import pytest

from tests.answers import good, refused
from tests.factories.products import make_product, prices, variant
from tests.workflows.support import contents

OPTIONS = {"Color": ["Red", "Dark blue"], "Size": ["M", "L"]}


@pytest.fixture
async def shirt(tx):
    first = variant(options={"Color": "Red", "Size": "M"})
    return await make_product(tx, options=OPTIONS, variants=[first])


async def generate(admin, product, **body):
    path = f"/admin/products/{product.id}/variants/generate"
    return await admin.post(path, json=body, params={"fields": "title,sku,*prices"})


def titles(answer):
    return [row["title"] for row in good(answer)["created"]]


async def test_all_missing_combinations_are_made_once(admin, shirt):
    first = titles(await generate(admin, shirt))
    second = titles(await generate(admin, shirt))

    assert first == ["Red / L", "Dark blue / M", "Dark blue / L"]
    assert second == []


async def test_sku_title_and_prices_follow_their_patterns(admin, shirt):
    answer = await generate(
        admin,
        shirt,
        combinations=[{"Color": "Dark blue", "Size": "L"}],
        title="Shirt {Size}, {Color}",
        sku="sh-{Color}-{Size}",
        prices=prices(usd=10, eur=9),
        surcharges={"Size": {"L": [{"currency_code": "usd", "amount": 2.5}]}},
    )

    [made] = good(answer)["created"]
    assert (made["title"], made["sku"]) == ("Shirt L, Dark blue", "SH-DARK-BLUE-L")
    amounts = {price["currency_code"]: price["amount"] for price in made["prices"]}
    assert amounts == {"usd": 12.5, "eur": 9}


async def test_a_new_color_comes_with_its_variants_in_one_call(admin, tx, shirt):
    wanted = [{"Color": "Green", "Size": size} for size in ("M", "L")]

    answer = await generate(admin, shirt, options={"Color": ["Green"]}, combinations=wanted)

    assert titles(answer) == ["Green / M", "Green / L"]
    assert await tx.fetchval("SELECT count(*) FROM product_option_value WHERE value = 'Green'") == 1


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"options": {"Weight": ["1"]}}, "options.Weight"),
        ({"sku": "{Shape}"}, "sku"),
        ({"title": "{Shape}"}, "title"),
        ({"surcharges": {"Shape": {}}}, "surcharges.Shape"),
        ({"combinations": [{"Color": "Red", "Size": "XXL"}]}, "combinations[0]"),
        ({"combinations": [{"Color": "Red"}]}, "combinations[0]"),
        ({"prices": prices(xxx=1)}, "variants[0].prices[0].currency_code"),
    ],
)
async def test_what_is_unknown_is_named_and_nothing_is_made(admin, tx, shirt, body, path):
    before = await contents(tx)

    answer = await generate(admin, shirt, **body)

    assert answer.status_code == 400
    assert path in [error["path"] for error in answer.json()["errors"]]
    assert await contents(tx) == before


async def test_an_option_of_another_product_is_none_of_this_one(admin, tx, shirt):
    await make_product(tx, "Hat", options={"Form": ["Round"]})
    await tx.execute(
        "UPDATE product_product_option SET deleted_at = now() WHERE product_id = $1"
        " AND product_option_id = (SELECT id FROM product_option WHERE title = 'Size')",
        shirt.id,
    )

    for title in ("Form", "Size"):
        answer = await generate(admin, shirt, options={title: ["New"]})
        assert refused(answer) == f"The product has no option {title}"


async def test_a_dry_run_shows_the_variants(admin, tx, shirt):
    before = await contents(tx)
    path = f"/admin/products/{shirt.id}/variants/generate?dry_run=true"

    answer = good(await admin.post(path, json={"options": {"Color": ["Green"]}}))

    assert len(answer["created"]) == len(answer["changes"]) == 5
    assert await contents(tx) == before


async def test_too_many_at_once_are_refused_before_they_are_counted_out(admin, tx):
    many = [str(number) for number in range(400)]
    product = await make_product(tx, options=dict.fromkeys("ABC", many), variants=[])

    answer = await generate(admin, product)

    assert "at once" in refused(answer, 413)


@pytest.mark.parametrize(("most", "told"), [(4, ""), (3, "3 variants can be generated at once")])
async def test_as_many_as_a_batch_has_are_made(admin, app, shirt, most, told):
    own = app.state.settings
    app.state.settings = own.model_copy(update={"max_batch_rows": most})
    try:
        answer = await generate(admin, shirt)
    finally:
        app.state.settings = own

    if told:
        assert refused(answer, 413) == f"{told}, these are 4"
    else:
        assert len(titles(answer)) == 3


async def test_a_product_without_options_has_nothing_to_generate(admin, tx):
    product = await make_product(tx, options={"Size": []})
    option = await tx.fetchval("SELECT product_option_id FROM product_product_option")

    assert titles(await generate(admin, product)) == []
    path = f"/admin/products/{product.id}/options/batch"
    good(await admin.post(path, json={"remove": [option]}))
    answer = await generate(admin, product)

    words = "Variants are generated for products with options of different titles"
    assert refused(answer) == words
    assert await tx.fetchval("SELECT count(*) FROM product_variant") == 0


async def test_a_product_that_nobody_has_is_refused(admin, shirt):
    answer = await admin.post("/admin/products/prod_none/variants/generate", json={})

    assert refused(answer, 404) == "Product with id: prod_none was not found"


@pytest.mark.commits
async def test_of_two_calls_at_once_the_second_finds_what_the_first_made(admin, tx, shirt):
    answers = await asyncio.gather(*(generate(admin, shirt) for _ in range(4)))

    assert sorted(len(titles(answer)) for answer in answers) == [0, 0, 0, 3]
