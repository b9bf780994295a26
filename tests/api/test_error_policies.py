"""Batches: all errors in one response, valid rows without the invalid ones, and dry runs."""

import httpx
import pytest

from tests.answers import good
from tests.factories.products import link, make_item, make_product, make_variant, prices, variant
from tests.workflows.support import contents

OPTIONS = [{"title": "Color", "values": ["Blue"]}]


@pytest.fixture
async def product(tx):
    return await make_product(tx, variants=[variant(sku="OLD", prices=prices(usd=1))])


def new(title, **more):
    return {"title": title, "prices": [], **more}


async def send(admin, product, body, **query):
    path = f"/admin/products/{product.id}/variants/batch"
    return await admin.post(path, json=body, params=query)


def places(answer):
    return {error["path"]: error["code"] for error in answer.json()["errors"]}


# One row has an invalid shape, one an unknown currency, one a taken sku, one is a duplicate.
MIXED = {
    "create": [
        new("A"),
        {"title": 7, "prices": []},
        new("B", prices=prices(xxx=1)),
        new("C", sku="OLD"),
        new("D", sku="SAME"),
        new("E", sku="SAME"),
        new("F", surprise=1),
    ],
    "update": [{"id": "variant_none", "title": "X"}],
}
WRONG = {
    "create[1].title": "wrong_type",
    "create[2].prices[0].currency_code": "invalid",
    "create[3].sku": "taken",
    "create[5].sku": "repeated",
    "create[6].surprise": "unknown_field",
    "update[0].id": "invalid",
}


@pytest.mark.parametrize(
    ("body", "message", "told"),
    [
        ([], "Field '' is required", "The body must be an object, not a list"),
        (
            {"create": ["x"]},
            "Field 'create, 0' is required",
            "Field 'create, 0' must be an object, not 'x'",
        ),
        (
            {"create": [{"title": 7, "prices": []}]},
            "Field 'create, 0, title' is required",
            "Field 'create, 0, title' must be a string, not 7",
        ),
        (
            {"create": [{"title": "A", "prices": [None]}]},
            "Field 'create, 0, prices, 0' is required",
            "Field 'create, 0, prices, 0' must be an object, not null",
        ),
        (
            {"create": [{"title": "A", "prices": [{"currency_code": "eur", "amount": "1"}]}]},
            "Field 'create, 0, prices, 0, amount' is required",
            "Field 'create, 0, prices, 0, amount' must be a number, not '1'",
        ),
        (
            {"create": [{"title": "A", "prices": [], "manage_inventory": "perhaps"}]},
            "Invalid input",
            "Field 'create, 0, manage_inventory' must be true or false, not 'perhaps'",
        ),
        (
            {"update": [{}]},
            "Field 'update, 0, id' is required",
            "Field 'update, 0, id' is required",
        ),
        (
            {"delete": {}},
            "Expected type: 'array' for field 'delete', got: '[object Object]'",
            "Expected type: 'array' for field 'delete', got: '[object Object]'",
        ),
    ],
)
async def test_errors_tell_what_is_wrong_where_the_message_has_the_references_words(
    admin, product, body, message, told
):
    path = f"/admin/products/{product.id}/variants/batch"
    answer = await admin.post(path, json=body, headers={"Prefer": "errors=detailed"})

    assert answer.status_code == 400
    assert answer.json()["message"] == f"Invalid request: {message}"
    assert [error["message"] for error in answer.json()["errors"]] == [told]


async def test_all_errors_of_all_rows_come_at_once_and_nothing_is_written(admin, tx, product):
    before = await contents(tx)

    answer = await send(admin, product, MIXED)

    assert answer.status_code == 400
    assert places(answer) == WRONG
    [sku] = [error for error in answer.json()["errors"] if error["path"] == "create[3].sku"]
    assert sku["conflicting_id"] == product.variant_ids[0]
    assert await contents(tx) == before


async def test_who_does_not_ask_gets_the_bodies_of_the_reference(admin, product):
    del admin.headers["prefer"]

    answer = await send(admin, product, MIXED)

    assert set(answer.json()) == {"type", "message"}


async def test_a_conflict_that_only_the_database_sees_names_its_row(admin):
    [made] = [good(await admin.post("/admin/product-tags", json={"value": "new"}))["product_tag"]]

    answer = await admin.post("/admin/product-tags", json={"value": "new"})

    [error] = answer.json()["errors"]
    assert (error["path"], error["code"]) == ("value", "taken")
    assert error["conflicting_id"] == made["id"]


async def test_good_rows_are_written_and_bad_ones_told(admin, tx, product):
    answer = await send(admin, product, MIXED, error_policy="reject_failed")

    assert answer.status_code == 207, answer.text
    assert places(answer) == WRONG
    assert [row["title"] for row in answer.json()["created"]] == ["A", "D"]
    count = "SELECT count(*) FROM product_variant WHERE deleted_at IS NULL"
    assert await tx.fetchval(count) == 3


async def test_a_batch_without_errors_is_answered_as_ever(admin, product):
    answer = await send(admin, product, {"create": [new("A")]}, error_policy="reject_failed")

    assert answer.status_code == 200
    assert set(answer.json()) == {"created", "updated", "deleted"}


async def test_bad_fields_are_left_out_where_the_row_can_do_without(admin, product):
    answer = await send(admin, product, MIXED, error_policy="ignore_failed")

    assert answer.status_code == 207, answer.text
    assert places(answer).items() >= WRONG.items()
    made = {row["title"]: row["sku"] for row in answer.json()["created"]}
    assert made == {"A": None, "B": None, "C": None, "D": "SAME", "E": None, "F": None}


async def test_a_bad_field_with_dots_or_brackets_in_its_name_is_left_out_alone(admin, product):
    odd = {"title.x": 7, "title": "A", "x]": 1, "prices[0]": 1, "prices[0].amount": 2}
    row = new(**odd, options={"Color": "Blue", "Color.x": 7})

    answer = await send(admin, product, {"create": [row]}, error_policy="ignore_failed")

    assert set(places(answer)) == {
        *(f"create[0].{name}" for name in odd if name != "title"),
        "create[0].options.Color.x",
    }
    [made] = answer.json()["created"]
    assert (made["title"], [one["value"] for one in made["options"]]) == ("A", ["Blue"])


async def test_an_error_that_is_no_rows_is_one_of_the_request(admin, tx):
    path = "/admin/products/prod_none/variants/batch?error_policy=reject_failed"

    answer = await admin.post(path, json={"create": [new("A")]})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/admin/products/{}/variants/batch", "error_policy=some"),
        ("/admin/products/{}/variants/batch", "dry_run=maybe"),
        ("/admin/products/{}/variants", "error_policy=reject_failed"),
        ("/admin/products", "error_policy=reject_all"),
        ("/store/carts", "dry_run=true"),
        ("/admin/orders/{}/cancel", "dry_run=true"),
    ],
)
async def test_options_that_a_route_has_not_are_refused(admin, tx, product, path, query):
    before = await contents(tx)

    answer = await admin.post(f"{path.format(product.id)}?{query}", json={})

    assert answer.status_code == 400, answer.text
    assert await contents(tx) == before


async def test_a_dry_run_shows_what_would_differ_and_writes_nothing(admin, tx, product):
    [old] = product.variant_ids
    gone = await make_variant(tx, product.id, "Gone")
    update = {"id": old, "title": "New", "weight": 5}
    body = {"create": [new("A", sku="A")], "update": [update], "delete": [gone]}
    before = await contents(tx)

    answer = good(await send(admin, product, body, dry_run="true"))

    assert await contents(tx) == before
    assert answer["dry_run"] is True
    assert [row["title"] for row in answer["created"]] == ["A"]
    changes = {change["id"]: change for change in answer["changes"]}
    assert {one: change["change"] for one, change in changes.items()} == {
        answer["created"][0]["id"]: "created",
        old: "updated",
        gone: "deleted",
    }
    fields = {one["path"]: (one["from"], one["to"]) for one in changes[old]["fields"]}
    assert fields["title"][1] == "New"
    assert fields["weight"] == (None, 5)
    assert good(await send(admin, product, body))["updated"][0]["title"] == "New"


async def test_a_dry_run_finds_what_the_database_refuses(admin, tx, product):
    before = await contents(tx)

    answer = await send(admin, product, {"create": [new("A", sku="OLD")]}, dry_run="true")

    assert places(answer) == {"create[0].sku": "taken"}
    assert await contents(tx) == before


async def test_a_dry_run_of_links_shows_their_quantities(admin, tx, product):
    kit = await make_variant(tx, product.id, "Kit", manage_inventory=False)
    item_id = await make_item(tx, "PART")
    await link(tx, product.id, kit, item_id)
    pair = {"variant_id": kit, "inventory_item_id": item_id, "required_quantity": 4}
    path = f"/admin/products/{product.id}/variants/inventory-items/batch?dry_run=true"
    before = await contents(tx)

    [change] = good(await admin.post(path, json={"update": [pair]}))["changes"]

    assert (change["id"], change["change"]) == (kit, "updated")
    assert await contents(tx) == before


@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("POST", "/admin/products", {"title": "Hat", "options": OPTIONS}, "created"),
        ("POST", "/admin/products/{product}", {"title": "New"}, "updated"),
        ("DELETE", "/admin/products/{product}", None, "deleted"),
        ("POST", "/admin/stock-locations", {"name": "Here"}, "created"),
    ],
)
async def test_single_changes_have_dry_runs_too(admin, tx, product, method, path, body, kind):
    before = await contents(tx)

    answer: httpx.Response = await admin.request(
        method,
        path.format(product=product.id),
        json=body,
        params={"dry_run": "true"},
        headers={"idempotency-key": "a-key-that-a-dry-run-does-not-take"},
    )

    assert [change["change"] for change in good(answer)["changes"]] == [kind]
    assert await contents(tx) == before
    assert await tx.fetchval("SELECT count(*) FROM idempotency_key") == 0


async def test_a_repeated_batch_that_left_rows_out_is_answered_alike(admin, tx, product):
    headers = {"idempotency-key": "the-batch-of-monday"}
    path = f"/admin/products/{product.id}/variants/batch?error_policy=reject_failed"

    first = await admin.post(path, json=MIXED, headers=headers)
    second = await admin.post(path, json=MIXED, headers=headers)

    assert (first.status_code, second.status_code) == (207, 207)
    assert second.content == first.content
    assert second.headers["idempotent-replayed"] == "true"
