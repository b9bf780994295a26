"""How many statements batches of the catalogue take: as many for 100 rows as for one.

Counted as in `test_statements.py`.
"""

from itertools import count

import pytest

from tests.factories.options import make_option
from tests.factories.products import make_product, prices, variant

SIZES = (1, 10, 100)
NUMBERS = count()


def new_products(size):
    mark = next(NUMBERS)
    options = [{"title": "Size", "values": ["S", "M"]}]
    return [
        {
            "title": f"Shirt {mark} {place}",
            "options": options,
            "images": [{"url": "a"}],
            "variants": [
                variant(
                    name, sku=f"{mark}-{place}-{name}", options={"Size": name}, prices=prices(usd=1)
                )
                for name in ("S", "M")
            ],
        }
        for place in range(size)
    ]


async def old_products(admin, size):
    body = {"create": new_products(size)}
    fields = {"fields": "id,variants.id,images.id,images.url,options.id"}
    answer = await admin.post("/admin/products/batch", params=fields, json=body)
    return answer.json()["created"]


async def create(admin, tx, size):
    return "/admin/products/batch", {"create": new_products(size)}


async def change_columns(admin, tx, size):
    rows = await old_products(admin, size)
    update = [{"id": row["id"], "title": "New", "metadata": {"a": 1}} for row in rows]
    return "/admin/products/batch", {"update": update}


async def change_handles(admin, tx, size):
    # Two at least: then they may be swapped, and are freed first.
    rows = await old_products(admin, size + 1)
    update = [{"id": row["id"], "handle": row["id"].lower().replace("_", "-")} for row in rows]
    return "/admin/products/batch", {"update": update}


async def replace_lists(admin, tx, size):
    option = await make_option(tx, f"Option {next(NUMBERS)}", "a")
    update = [
        {
            "id": row["id"],
            "images": [row["images"][0], {"url": "b"}],
            "variants": [{"id": row["variants"][0]["id"], "prices": prices(usd=2)}],
            "option_ids": [row["options"][0]["id"], option.id],
            "tags": [],
            "sales_channels": [],
        }
        for row in await old_products(admin, size)
    ]
    return "/admin/products/batch", {"update": update}


async def delete(admin, tx, size):
    rows = await old_products(admin, size)
    return "/admin/products/batch", {"delete": [row["id"] for row in rows]}


async def change_options(admin, tx, size):
    product = await make_product(tx, f"Hat {next(NUMBERS)}")
    mark = next(NUMBERS)
    added = [{"title": f"O {mark} {place}", "values": ["a"]} for place in range(size)]
    old = [await make_option(tx, f"P {mark} {place}", "a") for place in range(size + 1)]
    path = f"/admin/products/{product.id}/options/batch"
    await admin.post(path, json={"add": [option.id for option in old]})
    values = [{"value": f"v {place}"} for place in range(size)]
    update = [{"product_option_id": option.id, "add": values} for option in old[:1]]
    return path, {"add": added, "remove": [option.id for option in old[1:]], "update": update}


async def replace_values(admin, tx, size):
    option = await make_option(
        tx, f"Size {next(NUMBERS)}", "kept", *(f"old {place}" for place in range(size))
    )
    values = ["kept", *(f"new {place}" for place in range(size))]
    return f"/admin/product-options/{option.id}", {"values": values, "ranks": {"kept": 1}}


async def assign_images(admin, tx, size):
    bodies = [variant(f"v {place}") for place in range(size)]
    images = [{"url": "a"}]
    product = await make_product(tx, f"Cap {next(NUMBERS)}", variants=bodies, images=images)
    image = await tx.fetchval("SELECT id FROM image WHERE product_id = $1", product.id)
    path = f"/admin/products/{product.id}/images/{image}/variants/batch"
    return path, {"add": product.variant_ids, "remove": product.variant_ids}


async def translate(admin, tx, size):
    mark = next(NUMBERS)

    def rows(kind):
        return [
            {
                "reference_id": f"{mark} {kind} {place}",
                "reference": "product",
                "locale_code": "de-DE",
                "translations": {"title": "a"},
            }
            for place in range(size)
        ]

    answer = await admin.post("/admin/translations/batch", json={"create": rows("old")})
    ids = [row["id"] for row in answer.json()["created"]]
    update = [{"id": given, "translations": {"title": "b"}} for given in ids]
    return "/admin/translations/batch", {"update": update, "create": rows("new")}


@pytest.mark.parametrize(
    ("request_of", "number"),
    [
        (create, 6),
        (change_columns, 4),
        (change_handles, 5),
        (replace_lists, 22),
        (delete, 6),
        (change_options, 14),
        (replace_values, 9),
        (assign_images, 7),
        (translate, 6),
    ],
)
async def test_a_batch_takes_as_many_statements_whatever_its_size(
    admin, tx, statements, request_of, number
):
    found = {}
    for size in SIZES:
        path, body = await request_of(admin, tx, size)
        found[size] = len(await statements.of(admin.post(path, params={"fields": "id"}, json=body)))

    assert found == dict.fromkeys(SIZES, number)
