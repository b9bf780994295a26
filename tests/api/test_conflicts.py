"""Conflicts on values with commas and parentheses: reported as they were sent, or not at all."""

from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from merx.core.schema import wordings
from merx.web.conflicts import key_of
from merx.web.error_answers import from_database
from tests.answers import good, refused
from tests.factories.options import make_option

PATH = "/admin/price-preferences"
STRANGE = ["a, b", "x)=(y", "a, b)=(c, d", "(", ") already exists.", "t", ", "]


def violation(
    detail: str, table: str = "price_preference", index: str = ""
) -> asyncpg.UniqueViolationError:
    error = asyncpg.UniqueViolationError("refused")
    error.detail, error.table_name, error.constraint_name = detail, table, index
    return error


@pytest.mark.parametrize("attribute", STRANGE)
@pytest.mark.parametrize("value", STRANGE)
async def test_a_pair_that_is_taken_is_named_as_it_was_sent(admin, attribute, value):
    body = {"attribute": attribute, "value": value}
    [made] = good(await admin.post(PATH, json=body)).values()

    answer = await admin.post(PATH, json=body)

    told = f"attribute: {attribute}, value: {value}"
    assert refused(answer) == f"Price preference with {told}, already exists."
    [problem] = answer.json()["errors"]
    assert (problem["path"], problem["conflicting_id"]) == ("value", made["id"])


async def test_a_pair_that_the_request_does_not_have_is_not_named(admin):
    for value in ("a, b", "c"):
        good(await admin.post(PATH, json={"attribute": "x, y", "value": value}))
    found = good(await admin.get(PATH, params={"value[]": "c"}))["price_preferences"]

    answer = await admin.post(f"{PATH}/{found[0]['id']}", json={"value": "a, b"})

    assert refused(answer) == "Price preference with these values already exists."
    assert "errors" not in answer.json()


async def test_an_id_holds_no_comma(admin, tx):
    option = await make_option(tx, "Size", "a, b", "c")

    path = f"/admin/product-options/{option.id}/values/{option.values['c']}"
    message = refused(await admin.post(path, json={"value": "a, b"}))

    told = f"option_id: {option.id}, value: a, b"
    assert message == f"Product option value with {told}, already exists."


TEXTS = st.text("ab, )=(", min_size=1)


@given(TEXTS, TEXTS, st.lists(st.tuples(TEXTS, TEXTS)))
def test_values_are_read_right_or_not_at_all(attribute, value, others):
    error = violation(f"Key (attribute, value)=({attribute}, {value}) already exists.")
    meant = {"attribute": attribute, "value": value}
    rows = [dict(zip(("attribute", "value"), other, strict=True)) for other in others]

    assert key_of(error) in (meant, {})
    assert key_of(error, {"create": rows, "update": [meant]}) in (meant, {})
    assert key_of(error, meant) == meant


@pytest.mark.parametrize(
    ("detail", "names"),
    [
        ("Key (email, has_account)=(a, b, t) already exists.", ("a, b", "true")),
        ("Schlüssel »(email, has_account)=(a, b, f)« existiert bereits.", ("a, b", "false")),
        ("Key (lower(email), has_account)=(a, t) already exists.", ("a", "true")),
    ],
)
def test_flags_expressions_and_other_languages_are_read(detail: str, names: Any) -> None:
    assert tuple(key_of(violation(detail, "customer")).items()) == tuple(
        zip(("email", "has_account"), names, strict=True)
    )


def test_a_function_of_two_columns_is_one_name():
    found = key_of(violation("Key (COALESCE(a, b), c)=(x, y) already exists."))

    assert found == {"COALESCE(a, b)": "x", "c": "y"}


def test_a_message_that_names_columns_does_without_their_values(monkeypatch):
    monkeypatch.setitem(wordings(), "uq", "{attribute} is taken for {value}")

    def message(values: str) -> str:
        error = from_database(violation(f"Key (attribute, value)=({values}) exists.", index="uq"))
        return error.message if error else ""

    assert message("a, b") == "a is taken for b"
    assert message("a, b, c") == "Price preference with these values already exists."
