"""/admin/product-options: what options keep, and what they refuse."""

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, problems, refused
from tests.factories.options import change, make_option, make_shirt, offered
from tests.factories.products import make_product
from tests.observed import emitted, forget_events

PATH = "/admin/product-options"


async def test_an_empty_id_names_no_option(admin: httpx.AsyncClient, tx: Transaction) -> None:
    product = await make_product(tx)

    answer = await change(admin, product.id, add=[""])

    assert "set relationship product_option_id: ," in refused(answer, 404)


async def test_an_option_that_nobody_has_is_not_found(admin: httpx.AsyncClient) -> None:
    answer = await admin.get(f"{PATH}/opt_none")

    assert refused(answer, 404) == "Product option with id: opt_none was not found"


async def test_values_stand_in_the_order_of_their_ranks(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    option = await make_option(tx, "Size", "S", "M", "L", "XL", ranks={"L": 1, "M": 2, "S": 3})

    found = good(await admin.get(f"{PATH}/{option.id}"))["product_option"]

    assert [value["value"] for value in found["values"]] == ["L", "M", "S", "XL"]


async def test_only_shared_titles_are_unique(admin: httpx.AsyncClient, tx: Transaction) -> None:
    option = await make_option(tx, "Size", "S")

    again = await admin.post(PATH, json={"title": "Size", "values": []})
    own = await admin.post(PATH, json={"title": "Size", "values": [], "is_exclusive": True})
    good(await admin.delete(f"{PATH}/{option.id}"))
    free = await admin.post(PATH, json={"title": "Size", "values": []})

    assert refused(again) == "Product option with title: Size, already exists."
    assert (own.status_code, free.status_code) == (200, 200)


async def test_ranks_of_what_is_no_value_are_named(admin: httpx.AsyncClient) -> None:
    body = {"title": "Size", "values": ["S"], "ranks": {"S": 1, "M": 2, "L": 3}}

    answer = await admin.post(PATH, json=body)

    refused(answer)
    assert list(problems(answer)) == ["ranks.M", "ranks.L"]


async def test_a_value_keeps_its_id_when_the_values_are_replaced(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    option = await make_option(tx, "Size", "S", "M")

    body = {"values": ["M", "L"], "ranks": {"L": 1}}
    found = good(await admin.post(f"{PATH}/{option.id}", json=body))["product_option"]

    values = {value["value"]: value for value in found["values"]}
    assert values.keys() == {"M", "L"}
    assert values["M"]["id"] == option.values["M"]
    assert values["L"]["rank"] == 1


@pytest.mark.parametrize("values", [["S", "S"], ["s", "M", "S"], ["L", "M", " l "]])
async def test_a_value_is_listed_once_whether_new_or_there_before(
    admin: httpx.AsyncClient, tx: Transaction, values: list[str]
) -> None:
    option = await make_option(tx, "Size", "S", "M")
    text = "SELECT count(*) FROM product_option_value WHERE deleted_at IS NULL"

    made = await admin.post(PATH, json={"title": "Form", "values": values})
    changed = await admin.post(f"{PATH}/{option.id}", json={"values": values})

    last = len(values) - 1
    repeated = f"value: {values[last].strip()}, already exists."
    for answer in (made, changed):
        assert refused(answer).endswith(repeated)
        assert list(problems(answer)) == [f"values[{last}]"]
    assert await tx.fetchval(text) == 2


async def test_a_value_is_renamed_but_not_to_another_of_its_option(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    option, other = await make_option(tx, "Size", "S", "M"), await make_option(tx, "Cut", "L")
    path = f"{PATH}/{option.id}/values/{option.values['S']}"

    taken = await admin.post(path, json={"value": "m"})
    noted = await admin.post(path, json={"metadata": {"a": 1}})
    own = await admin.post(path, json={"value": "s"})
    free = await admin.post(path, json={"value": next(iter(other.values))})

    words = f"Product option value with option_id: {option.id}, value: m, already exists."
    assert refused(taken) == words
    assert list(problems(taken)) == ["value"]
    assert [good(answer)["product_option_value"]["value"] for answer in (noted, own, free)] == [
        *("S", "s", "L"),
    ]


async def test_titles_of_the_options_of_a_product_differ(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    size = await make_option(tx, "Size", "S")
    twice = [{"id": size.id}, {"title": "Size", "values": ["M"], "is_exclusive": True}]

    answer = await admin.post("/admin/products", json={"title": "Shirt", "options": twice})

    assert "Product has two options with title: Size" in refused(answer)
    [[_, message]] = problems(answer).items()
    assert message == "Product has two options with title: Size"


async def test_an_option_that_a_product_used_leaves_its_title_free(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    """The use is only soft-deleted, and the option is still there for others."""
    size, length = await make_option(tx, "Size", "S"), await make_option(tx, "Length", "S")
    product_id = await make_shirt(admin, size, "S")
    good(await change(admin, product_id, remove=[size.id], add=[length.id]))

    own = {"title": "Size", "values": ["L"], "is_exclusive": True}
    added = await change(admin, product_id, add=[own])

    assert offered(added) == {"Length": {"S"}, "Size": {"L"}}


async def test_what_a_deleted_product_offered_can_go(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    option = await make_option(tx, "Size", "S", "M")
    product_id = await make_shirt(admin, option, "S")
    path = f"{PATH}/{option.id}/values/{option.values['S']}"
    refused(await admin.delete(path))

    good(await admin.delete(f"/admin/products/{product_id}"))

    assert (await admin.delete(path)).status_code == 200
    assert (await admin.delete(f"{PATH}/{option.id}")).status_code == 200


async def test_options_and_values_are_told_of(admin: httpx.AsyncClient, tx: Transaction) -> None:
    option = await make_option(tx, "Size", "S")
    value_id = option.values["S"]
    await forget_events(tx)

    good(await admin.post(f"{PATH}/{option.id}", json={"title": "Sizes"}))
    good(await admin.post(f"{PATH}/{option.id}/values/{value_id}", json={"value": "s"}))
    good(await admin.delete(f"{PATH}/{option.id}/values/{value_id}"))
    good(await admin.delete(f"{PATH}/{option.id}"))

    assert await emitted(tx) == {
        "product-option.updated": [option.id] * 2,
        "product-option-value.updated": [value_id],
        "product-option-value.deleted": [value_id],
        "product-option.deleted": [option.id],
    }
