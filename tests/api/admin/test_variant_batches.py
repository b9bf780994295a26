"""/admin/products/{id}/variants/batch, beyond what the reference was recorded on."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from tests.answers import good, problems, refused
from tests.factories.products import (
    Body,
    Made,
    grid,
    make_item,
    make_product,
    make_variant,
    make_variants,
    prices,
    variant,
    variants,
)
from tests.observed import emitted


@pytest.fixture
async def shirt(tx: Transaction) -> Made:
    return await make_product(tx, options={"Color": ("Blue", "Red"), "Size": ("S", "M")})


@pytest.fixture
def path(shirt: Made) -> str:
    return f"/admin/products/{shirt.id}/variants/batch"


async def stored(tx: Transaction, product_id: str) -> list[tuple[Any, ...]]:
    """Title and sku of a product's live variants, in the order they were made."""
    records = await tx.fetch(
        "SELECT title, sku FROM product_variant WHERE product_id = $1 AND deleted_at IS NULL"
        " ORDER BY id",
        product_id,
    )
    return [tuple(record) for record in records]


async def written(tx: Transaction) -> dict[str, int]:
    """How many rows of each kind there are, deleted ones too."""
    tables = ("product_variant", "inventory_item", "price_set", "price", "event",
              "product_variant_inventory_item", "product_variant_option")  # fmt: skip
    return {name: await tx.fetchval(f"SELECT count(*) FROM {name}") for name in tables}


async def test_every_bad_row_and_field_is_named_by_its_path(
    admin: httpx.AsyncClient, path: str
) -> None:
    bodies: list[Body] = [variant(f"Variant {number}") for number in range(20)]
    bodies[3]["title"] = None
    bodies[17]["sku"] = 7
    bodies[17]["prices"] = [*prices(usd=1), {"currency_code": "usd", "amount": -0.5}]
    bodies[19]["color"] = "Blue"
    batch = {
        "create": bodies,
        "update": [{"title": "no id"}, {"id": "variant_1", "weight": "heavy"}],
        "delete": ["variant_2", 5],
    }

    answer = await admin.post(path, json=batch)

    refused(answer)
    assert list(problems(answer)) == [
        "create[3].title",
        "create[17].sku",
        "create[17].prices[1].amount",
        "create[19].color",
        "update[0].id",
        "update[1].weight",
        "delete[1]",
    ]


async def test_what_occurs_twice_in_one_call_is_named_where_it_repeats(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    same = {"Color": "Blue", "Size": "S"}
    bodies = [
        variant("a", sku="A", options=same),
        variant("b", ean="E"),
        variant("c", options={"Color": "Blue"}),
        variant("d", sku="A", options=dict(reversed(same.items()))),
        variant("e", ean="E", prices=prices(xyz=1)),
    ]
    before = await written(tx)

    answer = await admin.post(path, json={"create": bodies})

    refused(answer)
    assert problems(answer) == {
        "create[4].prices[0].currency_code": "Currency with code: xyz was not found",
        "create[2].options": (
            "Product has 2 option values but there were 1 provided option values"
            " for the variant: c."
        ),
        "create[3].sku": "Product variant with sku: A, already exists.",
        "create[3].options": "Variant (a) with provided options already exists.",
        "create[4].ean": "Product variant with ean: E, already exists.",
    }
    assert await written(tx) == before


async def test_what_others_have_is_named_for_every_row(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    await make_variants(tx, shirt.id, [variant(f"old {code}", sku=code) for code in "AB"])
    other = await make_product(tx, "Other")
    await make_variant(tx, other.id, upc="U")
    bodies = [variant(sku="A"), variant(sku="new"), variant(sku="B"), variant(upc="U")]
    before = await written(tx)

    answer = await admin.post(path, json={"create": bodies})

    refused(answer)
    assert problems(answer) == {
        "create[0].sku": "Product variant with sku: A, already exists.",
        "create[2].sku": "Product variant with sku: B, already exists.",
        "create[3].upc": "Product variant with upc: U, already exists.",
    }
    assert await written(tx) == before


async def test_skus_of_inventory_items_are_named_for_every_row(
    admin: httpx.AsyncClient, tx: Transaction, path: str
) -> None:
    await make_item(tx, "A")
    await make_item(tx, "B")
    bodies = [variant(sku="new"), variant(sku="B"), variant(sku="A", manage_inventory=False)]

    answer = await admin.post(path, json={"create": [*bodies, variant(sku="A", title="x")]})

    # Two new variants want the same sku, which is met first.
    assert refused(answer) == "Product variant with sku: A, already exists."
    assert problems(answer) == {
        "create[3].sku": "Product variant with sku: A, already exists.",
        "create[1].sku": "Inventory item with sku: B, already exists.",
    }

    answer = await admin.post(path, json={"create": bodies})

    assert refused(answer) == "Inventory item with sku: B, already exists."
    assert list(problems(answer)) == ["create[1].sku"]


async def test_a_failure_of_the_last_row_leaves_nothing_of_the_others(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    changed, gone = await make_variants(
        tx, shirt.id, [variant("changed", sku="A"), variant("gone", sku="B")]
    )
    other = await make_product(tx, "Other")
    await make_variant(tx, other.id, sku="taken")
    before, events = await written(tx), await emitted(tx)
    batch = {
        "delete": [gone],
        "update": [{"id": changed, "title": "new", "prices": prices(usd=1)}],
        "create": [variant(sku="B"), variant(sku="taken")],
    }

    answer = await admin.post(path, json=batch)

    assert list(problems(answer)) == ["create[1].sku"]
    assert await stored(tx, shirt.id) == [("changed", "A"), ("gone", "B")]
    assert await written(tx) == before
    assert await emitted(tx) == events


async def test_answers_stand_in_the_order_of_the_rows(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(tx, "Wide", options=grid(60))
    path = f"/admin/products/{product.id}/variants/batch"
    bodies = variants(grid(60), 60)

    made = good(await admin.post(path, json={"create": bodies}))
    ids = [row["id"] for row in made["created"]]
    shuffled = [{"id": ids[place * 7 % 60], "title": f"T{place}"} for place in range(60)]
    batch = {"update": shuffled, "delete": [ids[-1], "variant_none", ids[-1]]}
    changed = good(await admin.post(path, json=batch))

    assert [row["sku"] for row in made["created"]] == [body["sku"] for body in bodies]
    wanted = [(row["id"], row["title"]) for row in shuffled if row["id"] != ids[-1]]
    assert [(row["id"], row["title"]) for row in changed["updated"]] == wanted
    assert changed["deleted"]["ids"] == [ids[-1], "variant_none", ids[-1]]


@pytest.mark.parametrize("name", ["sku", "ean", "upc", "barcode"])
async def test_codes_can_go_round_among_variants(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str, name: str
) -> None:
    ids = await make_variants(tx, shirt.id, [variant(code, **{name: code}) for code in "ABC"])
    batch = {"update": [{"id": given, name: code} for given, code in zip(ids, "BCA", strict=True)]}

    answer = await admin.post(path, json=batch)

    assert [row[name] for row in good(answer)["updated"]] == ["B", "C", "A"]


async def test_combinations_can_go_round_among_variants(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    pairs = [("Blue", "S"), ("Blue", "M"), ("Red", "S")]
    options = [dict(zip(("Color", "Size"), pair, strict=True)) for pair in pairs]
    ids = await make_variants(tx, shirt.id, [variant(options=chosen) for chosen in options])
    turned = [*options[1:], options[0]]
    patches = [{"id": given, "options": new} for given, new in zip(ids, turned, strict=True)]

    answer = await admin.post(f"{path}?fields=options.value", json={"update": patches})

    values = [{row["value"] for row in made["options"]} for made in good(answer)["updated"]]
    assert values == [set(chosen.values()) for chosen in turned]


async def test_what_is_freed_is_used_anew_in_the_same_call(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    blue, red = {"Color": "Blue", "Size": "S"}, {"Color": "Red", "Size": "S"}
    gone, changed = await make_variants(
        tx, shirt.id, [variant(sku="A", options=blue), variant(sku="B", options=red)]
    )
    batch = {
        "create": [variant("new", sku="B", options=red)],
        "update": [{"id": changed, "sku": "A", "options": blue}],
        "delete": [gone],
    }

    answer = good(await admin.post(path, json=batch))

    assert (answer["created"][0]["sku"], answer["updated"][0]["sku"]) == ("B", "A")


async def test_a_new_row_cannot_take_what_an_updated_row_of_the_call_takes(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    blue = {"Color": "Blue", "Size": "S"}
    one = await make_variant(tx, shirt.id, "one", sku="A")
    batch = {
        "update": [{"id": one, "sku": "X", "options": blue}],
        "create": [variant("fine", sku="A"), variant("new", sku="X", options=blue)],
    }

    answer = await admin.post(path, json=batch)

    refused(answer)
    assert list(problems(answer)) == ["create[1].options", "create[1].sku"]
    assert await stored(tx, shirt.id) == [("one", "A")]


async def test_a_code_that_an_updated_row_keeps_is_taken(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    one, two, gone = await make_variants(
        tx, shirt.id, [variant("one", sku="A"), variant("two"), variant("gone", sku="B")]
    )
    batch = {
        "delete": [gone],
        "update": [{"id": one, "ean": "E"}, {"id": two, "sku": "A", "upc": "U"}],
    }

    answer = await admin.post(path, json=batch)

    assert problems(answer) == {"update[1].sku": "Product variant with sku: A, already exists."}


async def test_a_row_to_be_updated_and_deleted_is_deleted_and_does_not_shift_the_paths(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    gone, stays, taken = await make_variants(
        tx, shirt.id, [variant("gone"), variant("stays"), variant("taken", sku="A")]
    )
    clash = {
        "update": [{"id": gone, "title": "x"}, {"id": stays, "sku": "A"}],
        "delete": [gone],
    }

    answer = await admin.post(path, json=clash)

    assert list(problems(answer)) == ["update[1].sku"]

    clash["delete"].append(taken)
    answer = good(await admin.post(path, json=clash))

    assert [row["id"] for row in answer["updated"]] == [stays]


@pytest.fixture
def three_rows_at_most(app: FastAPI) -> Iterator[None]:
    own = app.state.settings
    app.state.settings = own.model_copy(update={"max_batch_rows": 3})
    yield
    app.state.settings = own


@pytest.mark.usefixtures("three_rows_at_most")
async def test_more_rows_than_the_cap_are_refused_and_the_cap_is_named(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    batch = {"create": [variant("a"), variant("b")], "delete": ["c", "d"]}

    answer = await admin.post(path, json=batch)

    assert refused(answer, 413) == "A batch can have at most 3 rows, this one has 4"
    assert await stored(tx, shirt.id) == []

    batch["delete"].pop()
    good(await admin.post(path, json=batch))


async def test_deep_paths_are_read_back_from_what_was_just_written(
    admin: httpx.AsyncClient, tx: Transaction, path: str
) -> None:
    item = await make_item(tx, "CLOTH")
    body = variant(
        "kit",
        prices=prices(usd=1.5),
        inventory_items=[{"inventory_item_id": item, "required_quantity": 3}],
        options={"Color": "Blue", "Size": "M"},
    )
    fields = "title,prices.amount,inventory_items.required_quantity,inventory_items.inventory.sku"

    answer = await admin.post(path, json={"create": [body]}, params={"fields": fields})

    [made] = good(answer)["created"]
    assert [price["amount"] for price in made["prices"]] == [1.5]
    [link] = made["inventory_items"]
    assert (link["required_quantity"], link["inventory"]["sku"]) == (3, "CLOTH")
