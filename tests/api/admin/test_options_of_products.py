"""/admin/products/{id}/options: what a product offers of its options, and its variants with it."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good, problems, refused
from tests.factories.options import change, make_option, make_shirt, offered
from tests.factories.products import make_product, make_variant
from tests.observed import emitted

PATH = "/admin/product-options"

# Variants whose key is not what their values say.
WRONG_KEYS = """
SELECT v.id FROM product_variant v WHERE v.deleted_at IS NULL AND v.option_key IS DISTINCT FROM (
  SELECT string_agg(c.option_value_id, ',' ORDER BY c.option_value_id COLLATE "C")
  FROM product_variant_option c WHERE c.variant_id = v.id)"""


async def test_a_product_adds_changes_and_removes_options_at_once(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    size, color = await make_option(tx, "Size", "S", "M"), await make_option(tx, "Color", "red")
    old = await make_option(tx, "Old", "x")
    product_id = await make_shirt(admin, size, "S")
    good(await change(admin, product_id, add=[old.id]))

    answer = await change(
        admin,
        product_id,
        remove=[old.id],
        update=[{"product_option_id": size.id, "add": [size.values["M"], {"value": "L"}]}],
        add=[color.id, {"title": "Fit", "values": ["slim", "wide"]}],
    )

    assert offered(answer) == {
        "Size": {"S", "M", "L"},
        "Color": {"red"},
        "Fit": {"slim", "wide"},
    }


async def test_a_refused_change_of_options_leaves_nothing(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    size, old = await make_option(tx, "Size", "S", "M"), await make_option(tx, "Old", "x")
    product_id = await make_shirt(admin, size, "S")
    good(await change(admin, product_id, add=[old.id]))

    answer = await change(
        admin,
        product_id,
        remove=[old.id],
        update=[{"product_option_id": size.id, "add": [{"value": "L"}, "optval_none"]}],
    )

    assert refused(answer, 404).startswith("You tried to set relationship product_option_value_id")
    assert list(problems(answer)) == ["update[0].add[1]"]
    assert offered(await change(admin, product_id)) == {"Size": {"S"}, "Old": {"x"}}
    assert await tx.fetchval("SELECT count(*) FROM product_option_value WHERE value = 'L'") == 0


async def test_a_value_of_another_option_is_not_offered(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    size, color = await make_option(tx, "Size", "S"), await make_option(tx, "Color", "red")
    product_id = await make_shirt(admin, size, "S")

    patch = {"product_option_id": size.id, "add": [color.values["red"]]}
    answer = await change(admin, product_id, update=[patch])

    refused(answer, 404)
    assert list(problems(answer)) == ["update[0].add[0]"]


async def test_of_an_option_only_its_own_values_are_chosen(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    size, color = await make_option(tx, "Size", "S", "M"), await make_option(tx, "Color", "red")
    own, foreign = size.values["S"], color.values["red"]
    chosen = {"id": size.id, "value_ids": [own, foreign, "optval_nobody"]}
    paths = ["value_ids[1]", "value_ids[2]"]

    made = await admin.post("/admin/products", json={"title": "Hat", "options": [chosen]})
    added = await change(admin, await make_shirt(admin, color, "red"), add=[chosen])

    assert [refused(answer, 404) for answer in (made, added)]
    assert list(problems(made)) == [f"options[0].{path}" for path in paths]
    assert list(problems(added)) == [f"add[0].{path}" for path in paths]
    assert await tx.fetchval("SELECT count(*) FROM product") == 1


async def test_values_that_variants_have_stay_offered(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    size = await make_option(tx, "Size", "S", "M")
    product_id = await make_shirt(admin, size, "S", "M")
    kept = await make_variant(tx, product_id, "small", options={"Size": "S"})
    patch = {"product_option_id": size.id, "remove": list(size.values.values())}

    held = await change(admin, product_id, update=[patch])
    gone = await change(admin, product_id, remove=[size.id])
    good(await admin.delete(f"/admin/products/{product_id}/variants/{kept}"))
    free = await change(admin, product_id, update=[patch])

    words = "Cannot unassign option values from product because the following variant(s)"
    assert refused(held) == f"{words} are using it: small"
    assert refused(gone).startswith("Cannot unassign product option from product")
    assert offered(free) == {"Size": set()}


async def test_variants_keep_their_combination_whatever_becomes_of_the_options(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    size, color = await make_option(tx, "Size", "S", "M"), await make_option(tx, "Color", "red")
    product_id = await make_shirt(admin, size, "S", "M")
    await make_variant(tx, product_id, "a", options={"Size": "S"})

    good(await change(admin, product_id, add=[color.id]))
    await make_variant(tx, product_id, "b", options={"Size": "S", "Color": "red"})
    patch = {"product_option_id": size.id, "remove": [size.values["M"]]}
    good(await change(admin, product_id, update=[patch]))
    good(await admin.post(f"{PATH}/{size.id}/values/{size.values['S']}", json={"value": "s"}))
    body = {"title": "c", "prices": [], "options": {"Size": "s", "Color": "red"}}
    again = await admin.post(f"/admin/products/{product_id}/variants", json=body)

    assert refused(again) == "Variant (b) with provided options already exists."
    assert await tx.fetch(WRONG_KEYS) == []


@pytest.mark.parametrize("by", ["batch", "option_ids"])
async def test_an_option_of_its_own_goes_with_its_only_use(
    admin: httpx.AsyncClient, tx: Transaction, by: str
) -> None:
    size, own = await make_option(tx, "Size", "S"), await make_option(tx, "Own", is_exclusive=True)
    product_id = await make_shirt(admin, size, "S")
    good(await change(admin, product_id, add=[own.id]))
    other = await make_product(tx, "Other")

    taken = await change(admin, other.id, add=[own.id])
    if by == "batch":
        good(await change(admin, product_id, remove=[own.id]))
    else:
        body = {"option_ids": [size.id]}
        good(await admin.post(f"/admin/products/{product_id}", json=body))

    assert refused(taken).startswith("Product options are already assigned to another product")
    assert (await admin.get(f"{PATH}/{own.id}")).status_code == 404
    assert (await admin.get(f"{PATH}/{size.id}")).status_code == 200


async def test_the_product_of_the_path_must_exist(admin: httpx.AsyncClient) -> None:
    answer = await change(admin, "prod_none")

    assert refused(answer, 404) == "Product with id: prod_none was not found"


NEW, NOBODY = {"title": "Form", "values": ["A"]}, {"product_option_id": "opt_none"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"add": [NEW]}, "You tried to set relationship product_id: prod_none"),
        ({"add": [NEW], "update": [NOBODY]}, "Product with id: prod_none was not found"),
        ({"add": [NEW], "remove": ["opt_none"]}, "Product with id: prod_none was not found"),
        ({"update": [NOBODY]}, "Product with id: prod_none was not found"),
        ({"remove": ["opt_none"]}, "Product with id: prod_none was not found"),
    ],
)
async def test_the_product_that_is_missing_is_named_as_on_the_reference(
    admin: httpx.AsyncClient, body: dict[str, Any], words: str
) -> None:
    assert refused(await change(admin, "prod_none", **body), 404).startswith(words)


async def test_an_option_is_added_once(admin: httpx.AsyncClient, tx: Transaction) -> None:
    size, color = await make_option(tx, "Size", "S"), await make_option(tx, "Color", "red")
    product_id = await make_shirt(admin, size, "S")
    twice = "Duplicate product option assignments are not allowed; remove duplicate pairs: "

    repeated = await change(admin, product_id, add=[color.id, NEW, color.id, color.id])
    linked = await change(admin, product_id, add=[color.id, size.id])

    assert problems(repeated) == dict.fromkeys(
        ("add[2]", "add[3]"), f"{twice}{product_id}_{color.id}"
    )
    assert problems(linked) == {
        "add[1]": f"Product options are already linked to products: {size.id}"
    }


async def test_two_products_of_a_batch_share_an_option(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    size = await make_option(tx, "Size", "S", "M", "L")
    rows = [
        {
            "title": title,
            "options": [{"id": size.id, "value_ids": [size.values[value] for value in values]}],
            "variants": [{"title": values[0], "options": {"Size": values[0]}, "prices": []}],
        }
        for title, values in (("Shirt", "SM"), ("Coat", "ML"))
    ]

    fields = {"fields": "title,options.id,options.values.value,variants.options.option_id"}
    made = good(await admin.post("/admin/products/batch", json={"create": rows}, params=fields))

    shown = {
        row["title"]: (
            [option["id"] for option in row["options"]],
            sorted(value["value"] for option in row["options"] for value in option["values"]),
            [value["option_id"] for one in row["variants"] for value in one["options"]],
        )
        for row in made["created"]
    }
    assert shown == {
        "Shirt": ([size.id], ["M", "S"], [size.id]),
        "Coat": ([size.id], ["L", "M"], [size.id]),
    }
    assert await tx.fetchval("SELECT count(*) FROM product_option_value") == 3
    # Each stays as it is when the other one goes.
    coat = made["created"][1]["id"]
    good(await admin.delete(f"/admin/products/{made['created'][0]['id']}"))
    kept = good(await admin.get(f"/admin/products/{coat}", params=fields))["product"]
    assert len(kept["options"][0]["values"]) == 2


async def test_a_shared_option_cannot_take_the_title_of_another_that_its_product_uses(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    size, length = await make_option(tx, "Size", "S"), await make_option(tx, "Length", "S")
    rows = [{"id": one.id, "value_ids": [one.values["S"]]} for one in (size, length)]
    good(await admin.post("/admin/products", json={"title": "Shirt", "options": rows}))

    answer = await admin.post(f"{PATH}/{length.id}", json={"title": "Size"})

    assert answer.status_code == 400, answer.text
    shown = good(await admin.get(f"{PATH}/{length.id}"))["product_option"]
    assert shown["title"] == "Length"


async def test_an_option_of_one_product_can_have_any_title_but_that_of_another_of_it(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    await make_option(tx, "Length", "S")
    made = await make_product(tx, options={"Size": ["S"], "Color": ["Red"]})
    fields = {"fields": "options.id,options.title"}
    shown = good(await admin.get(f"/admin/products/{made.id}", params=fields))["product"]
    ids = {option["title"]: option["id"] for option in shown["options"]}

    taken = await admin.post(f"{PATH}/{ids['Size']}", json={"title": "Color"})
    good(await admin.post(f"{PATH}/{ids['Size']}", json={"title": "Length"}))
    good(await admin.post(f"{PATH}/{ids['Color']}", json={"title": "Size"}))

    assert refused(taken)
    shown = good(await admin.get(f"/admin/products/{made.id}", params=fields))["product"]
    assert {option["id"]: option["title"] for option in shown["options"]} == {
        ids["Size"]: "Length",
        ids["Color"]: "Size",
    }


async def test_every_event_of_an_option_is_told(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = good(await admin.post(PATH, json={"title": "Size", "values": ["S"]}))["product_option"]
    good(await admin.post(f"{PATH}/{made['id']}", json={"title": "Sizes"}))
    good(await admin.delete(f"{PATH}/{made['id']}"))

    events = await emitted(tx)

    assert {name: ids for name, ids in events.items() if name.startswith("product-option.")} == {
        "product-option.created": [made["id"]],
        "product-option.updated": [made["id"]],
        "product-option.deleted": [made["id"]],
    }
