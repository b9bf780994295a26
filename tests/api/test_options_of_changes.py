"""The options of changes, for every operation of the document: `Idempotency-Key`, `Prefer`,
`dry_run`, `If-Match` and, for batches, `error_policy`. The document matches the routes.
"""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good
from tests.api_document import written
from tests.factories.products import Made, make_product, prices, variant

AREAS = re.compile(
    r"/admin/(products|product-variants|price-lists|price-preferences|inventory-items)\b"
)
# These accept a file, and process it later.
FILES = {"/admin/products/import", "/admin/products/imports"}
# A file is not a row: deleting it cannot be rolled back. Carts call providers between transactions.
UNCONDITIONAL = {("DELETE", "/admin/uploads/{id}"), ("POST", "/store/carts/{cart_id}")}
# Only for callers without an account.
ANONYMOUS = {"/admin/invites/accept"}

Operation = tuple[str, str, set[str]]


def operations() -> Iterator[Operation]:
    """Method, path and names of the parameters."""
    document: dict[str, Any] = written()
    shared = document["components"]["parameters"]
    for path, methods in document["paths"].items():
        if path.startswith(("/admin", "/store")):
            for method, operation in methods.items():
                given = operation.get("parameters", ())
                found = (shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
                         for one in given)  # fmt: skip
                yield method.upper(), path, {one["name"] for one in found}


def changes() -> list[Operation]:
    return [one for one in operations() if one[0] != "GET"]


def test_every_change_takes_an_idempotency_key_and_tells_all_errors() -> None:
    lacking = [one[:2] for one in changes() if not {"Idempotency-Key", "Prefer"} <= one[2]]

    assert len(changes()) > 250
    assert lacking == []


def test_every_change_of_catalogue_prices_and_stock_can_be_tried_and_is_conditional() -> None:
    own = [one for one in changes() if AREAS.match(one[1]) and one[1] not in FILES]
    lacking = [one[:2] for one in own if not {"dry_run", "If-Match"} <= one[2]]

    assert len(own) > 30
    assert lacking == []


def test_every_batch_can_leave_bad_rows_out() -> None:
    batches = [one for one in changes() if one[1].endswith("/batch")]
    lacking = [one[:2] for one in batches if "error_policy" not in one[2]]

    assert len(batches) > 12
    assert lacking == []


def test_what_can_be_read_alone_has_a_tag_and_is_changed_with_it() -> None:
    known = {(method, path): names for method, path, names in operations()}
    reads = [path for method, path in known if method == "GET" and path.endswith("}")]
    untagged = [path for path in reads if "If-None-Match" not in known["GET", path]]
    unconditional = {
        (method, path)
        for (method, path), names in known.items()
        if method != "GET" and path in reads and "If-Match" not in names
    }

    assert len(reads) > 60
    assert untagged == []
    assert unconditional <= UNCONDITIONAL


async def test_every_operation_takes_what_the_document_says_and_nothing_else(
    admin: httpx.AsyncClient,
) -> None:
    wrong: list[tuple[str, str, str]] = []
    for method, path, names in changes():
        if not path.startswith("/admin") or path in ANONYMOUS:
            continue
        for name in ("dry_run", "error_policy"):
            answer = await admin.request(method, path, params={name: "nonsense"}, json={})
            told = answer.json().get("message", "")
            taken = answer.status_code == 400 and f"for field '{name}', but got: 'nonsense'" in told
            if taken is not (name in names):
                wrong.append((method, path, told))
        keyed = await admin.request(method, path, headers={"idempotency-key": ""}, json={})
        if "Idempotency-Key" not in keyed.text:
            wrong.append((method, path, keyed.text))

    assert wrong == []


@pytest.fixture
async def product(tx: Transaction) -> Made:
    bodies = [variant(sku=sku, prices=prices(usd=1)) for sku in ("OLD", "OTHER")]
    return await make_product(tx, variants=bodies)


async def rows(admin: httpx.AsyncClient, product: Made) -> dict[str, tuple[str, Any, Any]]:
    """The path of each batch, with its list, a good row and a bad one."""
    here = f"/admin/products/{product.id}"
    variant_id = product.variant_ids[0]
    images = {"images": [{"url": "https://example.com/a.png"}]}
    [image] = good(await admin.post(here, json=images))["product"]["images"]
    option = good(
        await admin.post("/admin/product-options", json={"title": "Fit", "values": ["Wide"]})
    )["product_option"]["id"]
    item = good(await admin.post("/admin/inventory-items", json={"sku": "I"}))["inventory_item"]
    place, other = [
        good(await admin.post("/admin/stock-locations", json={"name": name}))["stock_location"]
        for name in "LM"
    ]
    sale = {"title": "Sale", "description": "All"}
    price_list = good(await admin.post("/admin/price-lists", json=sale))["price_list"]["id"]
    pair = {"variant_id": variant_id, "required_quantity": 1}
    price = {"variant_id": variant_id, "amount": 1}
    level = {"location_id": place["id"], "stocked_quantity": 1}
    options = [{"title": "Color", "values": ["Blue"]}]
    return {
        "/admin/products/batch": (
            "create",
            {"title": "Hat", "options": options},
            {"title": 7, "options": options},
        ),
        f"{here}/variants/batch": (
            "create",
            {"title": "New", "prices": []},
            {"title": "New", "prices": [], "sku": "OLD"},
        ),
        f"{here}/variants/inventory-items/batch": (
            "create",
            {**pair, "inventory_item_id": item["id"]},
            {**pair, "inventory_item_id": "iitem_none"},
        ),
        f"{here}/options/batch": ("add", option, "opt_none"),
        f"{here}/variants/{variant_id}/images/batch": ("add", image["id"], "img_none"),
        f"{here}/images/{image['id']}/variants/batch": (
            "add",
            product.variant_ids[1],
            "variant_none",
        ),
        f"/admin/price-lists/{price_list}/prices/batch": (
            "create",
            {**price, "currency_code": "eur"},
            {**price, "currency_code": "xxx"},
        ),
        f"/admin/inventory-items/{item['id']}/location-levels/batch": (
            "create",
            level,
            {**level, "location_id": "sloc_none"},
        ),
        "/admin/inventory-items/location-levels/batch": (
            "create",
            {**level, "location_id": other["id"], "inventory_item_id": item["id"]},
            {**level, "inventory_item_id": "iitem_none"},
        ),
    }


COUNTED = (
    "audit_log", "event", "product", "product_variant", "price", "image", "inventory_item",
    "inventory_level", "product_variant_inventory_item", "product_product_option",
    "product_variant_product_image",
)  # fmt: skip
COUNTS = " UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in COUNTED)


async def test_every_batch_names_bad_rows_leaves_them_out_and_can_be_tried(
    admin: httpx.AsyncClient, tx: Transaction, product: Made
) -> None:
    batches = await rows(admin, product)
    shapes = {re.sub(r"\{\w+\}", "[^/]+", path) for _, path, names in changes()
              if "error_policy" in names and AREAS.match(path)}  # fmt: skip
    # A new batch route must be added to the list.
    assert {one for one in shapes if any(re.fullmatch(one, path) for path in batches)} == shapes
    assert len(batches) == len(shapes)

    for path, (name, right, wrong) in batches.items():
        before = await tx.fetch(COUNTS)
        body = {name: [right, wrong]}

        refused = await admin.post(path, json=body)
        tried = await admin.post(
            path, json=body, params={"dry_run": "true", "error_policy": "reject_failed"}
        )
        after = await tx.fetch(COUNTS)
        done = await admin.post(path, json=body, params={"error_policy": "reject_failed"})

        assert 400 <= refused.status_code < 500, (path, refused.text)
        for answer in (refused, tried, done):
            [error] = answer.json().get("errors", [answer.text])
            assert error["path"].startswith(f"{name}[1]"), (path, error)
            assert error["code"], (path, error)
            assert error["message"], (path, error)
        assert (tried.status_code, done.status_code) == (207, 207), (path, tried.text, done.text)
        assert tried.json()["dry_run"] is True
        assert tried.json()["changes"], path
        assert after == before, path
        assert await tx.fetch(COUNTS) != before, path


async def test_reads_of_one_thing_are_tagged_and_changes_refuse_an_old_tag(
    admin: httpx.AsyncClient, product: Made
) -> None:
    item = good(await admin.post("/admin/inventory-items", json={"sku": "I"}))["inventory_item"]
    place = good(await admin.post("/admin/stock-locations", json={"name": "L"}))["stock_location"]
    level = {"location_id": place["id"], "stocked_quantity": 1}
    levels = f"/admin/inventory-items/{item['id']}/location-levels"
    good(await admin.post(levels, json=level))
    sale = {"title": "Sale", "description": "All"}
    price_list = good(await admin.post("/admin/price-lists", json=sale))["price_list"]["id"]
    here = f"/admin/products/{product.id}"
    things = {
        here: {"title": "New"},
        f"{here}/variants/{product.variant_ids[0]}": {"title": "New"},
        f"/admin/price-lists/{price_list}": {"title": "New"},
        f"/admin/inventory-items/{item['id']}": {"title": "New"},
        f"{levels}/{place['id']}": {"stocked_quantity": 2},
    }

    for path, body in things.items():
        read = await admin.get(path)
        if read.status_code == 404:
            # The reference has no such read, so the tag is that of the item.
            assert path.startswith(levels)
            continue
        tag = read.headers["etag"]
        good(await admin.post(path, json=body, headers={"if-match": tag}))
        late = await admin.post(path, json=body, headers={"if-match": tag})
        gone = await admin.delete(path, headers={"if-match": tag})
        assert (late.status_code, gone.status_code) == (412, 412), path
        assert late.headers["etag"] == (await admin.get(path)).headers["etag"] != tag
