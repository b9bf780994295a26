"""The largest batches: they work, in few seconds and as few statements as the smallest."""

import time

import orjson
import pytest

from merx.settings import Settings
from tests.factories.products import grid, make_items, make_product, prices, variant, variants
from tests.statements import noted

COUNT = 10_000
SECONDS = 30


@pytest.mark.slow
@pytest.mark.commits
@pytest.mark.timeout(180)
async def test_ten_thousand_rows_take_as_many_statements_as_one(admin, app, tx):
    options = grid(COUNT + 1)
    product = await make_product(tx, options=options)
    items = await make_items(tx, COUNT + 1)
    bodies = variants(options, COUNT + 1)
    path = f"/admin/products/{product.id}/variants"
    started = time.monotonic()

    async def batch(where, word, rows):
        found = []
        for part in (rows[:1], rows[1:]):
            found.append(await statements.of(admin.post(f"{path}/{where}", json={word: part})))
        assert len(found[0]) == len(found[1]), (word, found)

    with noted(app) as statements:
        await batch("batch?fields=id", "create", bodies)
        ids = [row[0] for row in await tx.fetch("SELECT id FROM product_variant ORDER BY id")]
        changes = [
            {"id": given, "title": "New", "sku": f"NEW-{place}", "prices": prices(usd=1, dkk=2)}
            for place, given in enumerate(ids)
        ]
        await batch("batch?fields=id", "update", changes)
        links = [
            {"variant_id": given, "inventory_item_id": item, "required_quantity": 2}
            for given, item in zip(ids, items, strict=True)
        ]
        await batch("inventory-items/batch", "create", links)
        await batch("batch", "delete", ids)

    assert len(ids) == COUNT + 1
    assert time.monotonic() - started < SECONDS
    assert await tx.fetchval("SELECT count(*) FROM price WHERE deleted_at IS NULL") == 0


@pytest.fixture
def limits(app):
    """Set limits of the app for one test."""
    own = app.state.settings

    def set_limits(**values):
        app.state.settings = own.model_copy(update=values)

    yield set_limits
    app.state.settings = own


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("batch", {"create": [variant()] * 3}),
        ("batch", {"create": [variant()], "update": [{"id": "v"}], "delete": ["v"]}),
        ("inventory-items/batch", {"delete": [{"variant_id": "v", "inventory_item_id": "i"}] * 3}),
    ],
    ids=["one list", "all lists", "links"],
)
async def test_a_batch_beyond_the_cap_is_refused_with_the_cap(admin, tx, limits, where, rows):
    product = await make_product(tx)
    limits(max_batch_rows=2)

    answer = await admin.post(f"/admin/products/{product.id}/variants/{where}", json=rows)

    assert (answer.status_code, answer.json()) == (
        413,
        {
            "type": "payload_too_large",
            "message": "A batch can have at most 2 rows, this one has 3",
        },
    )


async def test_a_batch_of_the_cap_is_accepted(admin, tx, limits):
    product = await make_product(tx)
    limits(max_batch_rows=2)

    rows = {"create": [variant("One"), variant("Two")]}
    answer = await admin.post(f"/admin/products/{product.id}/variants/batch", json=rows)

    assert answer.status_code == 200
    assert Settings.model_fields["max_batch_rows"].default == COUNT


async def test_variants_of_a_product_beyond_the_cap_are_refused_with_the_cap(admin, limits):
    limits(max_batch_rows=2)

    options = [{"title": "Color", "values": []}]
    body = {"title": "Shirt", "options": options, "variants": [variant()] * 3}
    answer = await admin.post("/admin/products", json=body)

    assert answer.status_code == 413
    assert "2" in answer.json()["message"]


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "in pieces"])
async def test_a_body_beyond_the_limit_is_refused_with_the_limit(admin, tx, limits, declared):
    product = await make_product(tx)
    limits(max_body_bytes=2_000)
    content = orjson.dumps({"create": [variant("x" * 2_000)]})

    async def pieces():
        for start in range(0, len(content), 500):
            yield content[start : start + 500]

    answer = await admin.post(
        f"/admin/products/{product.id}/variants/batch",
        content=content if declared else pieces(),
        headers={"content-type": "application/json"},
    )

    assert (answer.status_code, answer.json()) == (
        413,
        {
            "type": "payload_too_large",
            "message": "Request body is larger than the limit of 2000 bytes",
        },
    )
    assert await tx.fetchval("SELECT count(*) FROM product_variant") == 0
