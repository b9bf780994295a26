"""POST /admin/products/batch: all or nothing, every bad row by its path, in the order given."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.core.hooks import Change
from merx.modules.product.hooks import PRODUCTS
from tests.answers import good, problems, refused
from tests.factories.products import Body, make_product, prices, variant
from tests.observed import emitted, forget_events

PATH = "/admin/products/batch"


def shirt(title: str, **fields: Any) -> Body:
    """The body of a new product."""
    return {"title": title, "options": [{"title": "Size", "values": ["S", "M"]}], **fields}


async def batch(admin: httpx.AsyncClient, **body: Any) -> httpx.Response:
    """The answer to a batch."""
    return await admin.post(PATH, params={"fields": "title,handle"}, json=body)


async def test_one_variant_of_two_products_is_refused(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    mine = await make_product(tx, "Mine", variants=[variant("S")])
    other = await make_product(tx, "Other", variants=[variant("S")])
    variant_id = await tx.fetchval("SELECT id FROM product_variant WHERE product_id = $1", mine.id)
    ways = [(mine.id, "one"), (other.id, "two")]

    for order in (ways, ways[::-1]):
        changes = [
            {"id": given, "variants": [{"id": variant_id, "title": title}]}
            for given, title in order
        ]
        answer = await batch(admin, update=changes)

        words = "Cannot update variants more than once in one call: "
        assert refused(answer) == f"{words}{variant_id}"
        assert list(problems(answer)) == [f"update[{place}].variants[0].id" for place in (0, 1)]
    assert await tx.fetchval("SELECT count(*) FROM product_variant WHERE deleted_at IS NULL") == 2


def titles(rows: list[Body]) -> list[str]:
    return [row["title"] for row in rows]


async def test_answers_stand_in_the_order_of_the_request(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    names = [f"Shirt {number}" for number in range(30, 0, -1)]
    made = good(await batch(admin, create=[shirt(name) for name in names]))["created"]
    ids = [row["id"] for row in reversed(made)]

    changes = [{"id": given, "title": f"New {place}"} for place, given in enumerate(ids)]
    changed = good(await batch(admin, update=changes))["updated"]

    assert titles(made) == names
    assert [row["id"] for row in changed] == ids


async def test_what_goes_makes_room_for_what_comes(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    old = await make_product(tx, "Old", variants=[variant(sku="A")])
    kept = await make_product(tx, "Kept", variants=[variant(sku="B")])
    new = [variant("v", sku="A", options={"Size": "S"}, prices=prices(usd=1))]

    answer = good(
        await batch(
            admin,
            delete=[old.id],
            update=[{"id": kept.id, "handle": "was-kept"}],
            create=[shirt("Old", variants=new), shirt("Kept")],
        )
    )

    assert [row["handle"] for row in answer["created"]] == ["old", "kept"]
    assert [row["handle"] for row in answer["updated"]] == ["was-kept"]
    assert answer["deleted"] == {"ids": [old.id], "object": "product", "deleted": True}


async def test_handles_can_be_swapped(admin: httpx.AsyncClient, tx: Transaction) -> None:
    one, two = await make_product(tx, "One"), await make_product(tx, "Two")

    swap = [{"id": one.id, "handle": "two"}, {"id": two.id, "handle": "one"}]
    answer = good(await batch(admin, update=swap))

    assert [row["handle"] for row in answer["updated"]] == ["two", "one"]


async def test_every_handle_that_is_taken_is_named(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    for title in ("One", "Two"):
        await make_product(tx, title)
    three = await make_product(tx, "Three")

    created = await batch(admin, create=[shirt("One"), shirt("Free"), shirt("Two")])
    mixed = await batch(
        admin, update=[{"id": three.id, "title": "x"}], create=[shirt("Free"), shirt("One")]
    )
    updated = await batch(admin, update=[{"id": three.id, "handle": "two"}])
    twice = await batch(admin, create=[shirt("A", handle="h"), shirt("B", handle="h")])

    assert list(problems(created)) == ["create[0].handle", "create[2].handle"]
    assert list(problems(mixed)) == ["create[1].handle"]
    assert problems(updated) == {"update[0].handle": refused(updated)}
    assert problems(twice) == {"create[1].handle": "Product with handle: h, already exists."}


async def test_bad_rows_are_named_by_their_path(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = await make_product(tx, variants=[variant("a", sku="A"), variant("b")])
    [first, second] = made.variant_ids
    bad = [variant("v", options={"Size": "XXL"})]

    variants = await batch(admin, create=[shirt("A"), shirt("B", variants=bad)])
    tags = await batch(admin, create=[shirt("A"), shirt("B", tags=[{"id": "ptag_none"}])])
    options = await batch(admin, create=[shirt("A"), shirt("B", options=[{"id": "opt_none"}])])
    skus = await batch(
        admin,
        update=[{"id": made.id, "variants": [{"id": first}, {"id": second, "sku": "A"}]}],
    )
    images = await batch(admin, update=[{"id": made.id, "images": [{"id": "img_x", "url": "u"}]}])

    shared = {"title": "Shared", "values": ["a", "b", "a"], "is_exclusive": False}
    values = await batch(admin, create=[shirt("A"), shirt("B", options=[shared])])
    shared["values"] = []
    twice = await batch(admin, create=[shirt(name, options=[shared]) for name in ("A", "B")])
    good(await admin.post("/admin/product-options", json={"title": "Shared", "values": []}))
    taken = await batch(admin, create=[shirt("A"), shirt("B", options=[shared])])

    assert list(problems(values)) == ["create[1].options[0].values[2]"]
    assert list(problems(twice)) == ["create[1].options[0].title"]
    assert list(problems(taken)) == ["create[1].options[0].title"]
    assert list(problems(variants)) == ["create[1].variants[0].options"]
    assert list(problems(tags)) == ["create[1].tags[0].id"]
    assert list(problems(options)) == ["create[1].options[0].id"]
    assert list(problems(skus)) == ["update[0].variants[1].sku"]
    assert list(problems(images)) == ["update[0].images[0].id"]


async def test_a_bad_row_leaves_nothing_changed(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made, gone = await make_product(tx, "Kept"), await make_product(tx, "Gone")

    answer = await batch(
        admin,
        delete=[gone.id],
        update=[{"id": made.id, "title": "Changed"}],
        create=[shirt("New"), shirt("Bad", handle="Not A Handle")],
    )

    refused(answer)
    rows = await tx.fetch("SELECT title, deleted_at FROM product ORDER BY title")
    assert [(row["title"], row["deleted_at"]) for row in rows] == [("Gone", None), ("Kept", None)]


async def test_a_product_is_changed_once(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = await make_product(tx)

    answer = await batch(admin, update=[{"id": made.id}, {"id": made.id, "title": "x"}])

    assert refused(answer) == f"Cannot update products more than once in one call: {made.id}"
    assert list(problems(answer)) == ["update[0].id", "update[1].id"]


async def test_ids_that_nobody_has_are_named(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = await make_product(tx)

    answer = await batch(admin, update=[{"id": "a"}, {"id": made.id}, {"id": "b"}])

    assert refused(answer, 404) == "Unable to update the products with ids: a, b"
    assert list(problems(answer)) == ["update[0].id", "update[2].id"]


async def test_a_variant_is_no_other_products(admin: httpx.AsyncClient, tx: Transaction) -> None:
    one = await make_product(tx, "One", variants=[variant("a")])
    two = await make_product(tx, "Two", variants=[variant("b")])

    taken = [{"id": one.variant_ids[0], "title": "stolen"}]
    answer = await batch(admin, update=[{"id": one.id}, {"id": two.id, "variants": taken}])

    refused(answer)
    assert list(problems(answer)) == ["update[1].variants[0].id"]


async def test_variants_of_several_products_are_replaced_at_once(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    one = await make_product(tx, "One", variants=[variant("a", sku="A"), variant("b", sku="B")])
    two = await make_product(tx, "Two", variants=[variant("c", sku="C")])
    swap = [
        {"id": one.id, "variants": [{"id": one.variant_ids[0], "sku": "C"}]},
        {"id": two.id, "variants": [{"id": two.variant_ids[0], "sku": "A"}, {"title": "new"}]},
    ]

    good(await batch(admin, update=swap))

    rows = await tx.fetch(
        "SELECT title, sku, product_id FROM product_variant WHERE deleted_at IS NULL ORDER BY title"
    )
    found = [(row["title"], row["sku"], row["product_id"]) for row in rows]
    assert found == [("a", "C", one.id), ("c", "A", two.id), ("new", None, two.id)]


async def test_more_rows_than_the_limit_are_refused(admin: httpx.AsyncClient, app: FastAPI) -> None:
    limit = app.state.settings.max_batch_rows

    answer = await batch(admin, delete=["prod_none"] * (limit + 1))

    assert refused(answer, 413).startswith(f"A batch can have at most {limit} rows")


@pytest.mark.parametrize(
    "lists",
    [
        {"images": [{"url": "a.png"}] * 4},
        {"options": [{"title": str(n), "values": ["a"]} for n in range(4)]},
        {"options": [{"title": "Size", "values": list("abcd")}]},
        {"tags": [{"id": str(n)} for n in range(4)]},
    ],
)
async def test_no_list_of_a_product_is_longer_than_a_batch(
    admin: httpx.AsyncClient, app: FastAPI, lists: dict[str, Any]
) -> None:
    own = app.state.settings
    app.state.settings = own.model_copy(update={"max_batch_rows": 3})
    options = [{"title": "Size", "values": ["S"]}]
    product = {"title": "Shirt", "options": options, "variants": [], **lists}

    answers = [
        await admin.post("/admin/products", json=product),
        await batch(admin, create=[product]),
        await admin.put("/admin/products/by-handle/shirt", json=product),
    ]

    app.state.settings = own
    told = "A batch can have at most 3 rows, this one has 4"
    assert [refused(answer, 413) for answer in answers] == [told] * 3


async def test_hooks_get_all_products_of_a_batch_at_once(
    admin: httpx.AsyncClient, app: FastAPI, tx: Transaction
) -> None:
    made, seen = await make_product(tx), list[tuple[str, int]]()

    async def note_created(_: Transaction, rows: Sequence[Change]) -> None:
        seen.append(("created", len(rows)))

    async def note_updated(_: Transaction, rows: Sequence[Change]) -> None:
        seen.append(("updated", len(rows)))

    own = app.state.hooks
    app.state.hooks = {PRODUCTS.created: (note_created,), PRODUCTS.updated: (note_updated,)}
    try:
        good(await batch(admin, update=[{"id": made.id}], create=[shirt("A"), shirt("B")]))
    finally:
        app.state.hooks = own

    assert seen == [("updated", 1), ("created", 2)]


async def test_a_batch_is_told_of(admin: httpx.AsyncClient, tx: Transaction) -> None:
    kept, gone = await make_product(tx, "Kept"), await make_product(tx, "Gone")
    await forget_events(tx)

    body = {"delete": [gone.id], "update": [{"id": kept.id}], "create": [shirt("A"), shirt("B")]}
    made = good(await batch(admin, **body))["created"]

    assert await emitted(tx) == {
        "product.created": [row["id"] for row in made],
        "product.updated": [kept.id],
        "product.deleted": [gone.id],
    }
