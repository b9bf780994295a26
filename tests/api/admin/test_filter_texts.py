"""Texts of filters as clients write them: lists, percent signs, times, operators."""

import pytest

from tests.answers import good, refused
from tests.factories.products import make_product

PATH = "/admin/products"


@pytest.fixture
async def shirts(tx):
    rows = [("Shirt", "draft"), ("100%", "published"), ("a, b", "proposed")]
    return [
        (await make_product(tx, title, status=status, handle=f"p-{place}", description=title)).id
        for place, (title, status) in enumerate(rows)
    ]


async def titles(admin, query):
    rows = good(await admin.get(f"{PATH}?{query}&fields=title"))["products"]
    return sorted(row["title"] for row in rows)


@pytest.mark.parametrize("form", ["id[]={0},{1}", "id[0]={0},{1}", "id[]={0}%2C{1}"])
async def test_elements_of_a_list_are_split_at_commas(admin, shirts, form):
    assert await titles(admin, form.format(*shirts)) == ["100%", "Shirt"]


async def test_one_text_is_not_split(admin, shirts):
    assert await titles(admin, "id={},{}".format(*shirts)) == []
    assert await titles(admin, "title=a, b") == ["a, b"]
    assert await titles(admin, "title[]=Shirt&title[]=100%25") == ["100%", "Shirt"]


async def test_choices_of_a_list_are_split_and_checked_each(admin, shirts):
    assert await titles(admin, "status[]=draft,published") == ["100%", "Shirt"]
    told = refused(await admin.get(f"{PATH}?status[]=draft,nope"))
    assert told == "Invalid request: Field 'status, 1' is required"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("title=100%", ["100%"]),
        ("title=100%25", ["100%"]),
        ("title=Shi%72t", ["Shirt"]),
        ("q=100%", ["100%"]),
        ("title=%E4%FC", []),
        ("title=a,+b", ["a, b"]),
    ],
)
async def test_percent_signs_that_encode_nothing_stand_for_themselves(admin, shirts, query, found):
    assert await titles(admin, query) == found


# Nothing of an id but its prefix holds a "u": its other letters are Crockford's.
@pytest.mark.parametrize(("pattern", "count"), [("%us_%", 1), ("%25us_%25", 1), ("%uu_%", 0)])
async def test_a_pattern_may_stand_as_it_is(admin, pattern, count):
    good(await admin.post("/admin/customers", json={"email": "ada@shop.test"}))

    answer = await admin.get(f"/admin/customers?id[$ilike]={pattern}")

    assert good(answer)["count"] == count


@pytest.mark.parametrize("text", ["01-26-1990", "January 26, 1990", "1990-01-26"])
async def test_times_are_taken_as_people_write_them(admin, shirts, text):
    assert len(await titles(admin, f"created_at[$gt]={text}")) == 3
    assert await titles(admin, f"created_at[$lt]={text}") == []


@pytest.mark.parametrize(
    "query",
    [
        "created_at[lte]=2020-01-01",
        "created_at[$bogus]=2020-01-01",
        "created_at[$gt]=2020-01-01&created_at[$]=x",
        "created_at[$not][nope]=2020-01-01",
        "$or[0][created_at][gt]=2020-01-01",
        "variants[created_at][gt]=2020-01-01",
    ],
)
async def test_an_unknown_operator_is_refused_and_those_that_exist_are_named(admin, shirts, query):
    told = refused(await admin.get(f"{PATH}?{query}"))

    assert "Unknown operator" in told
    assert "$lte" in told


async def test_an_operator_of_texts_takes_a_text(admin, shirts):
    told = refused(await admin.get(f"{PATH}?created_at[$like][]=x"))

    assert told.startswith("Invalid request: Expected type: 'string'")
