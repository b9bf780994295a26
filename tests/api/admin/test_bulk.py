"""Bulk jobs over HTTP: what each kind of line does, and what is told of those that fail."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Database, Transaction
from merx.providers.file import StoredFiles
from merx.subscribers.bulk_jobs import run_bulk_jobs, tidy_bulk_jobs
from tests.answers import good, refused
from tests.factories.bulk import Bulk, lines
from tests.factories.products import (
    make_item,
    make_location,
    make_product,
    make_variants,
    prices,
    variant,
)
from tests.statements import Statements


@pytest.fixture
def bulk(app: FastAPI, admin: httpx.AsyncClient, database: Database, tmp_path: Path):
    files = StoredFiles(str(tmp_path / "files"))
    own, app.state.files = app.state.files, files
    yield Bulk(admin, database, files)
    app.state.files = own


@pytest.fixture
def limit(app: FastAPI) -> Iterator[Callable[[int], None]]:
    """Lets fewer bytes of a body be taken."""
    own = app.state.settings

    def change(most: int) -> None:
        app.state.settings = own.model_copy(update={"max_bulk_bytes": most})

    yield change
    app.state.settings = own


async def events(tx: Transaction) -> dict[str, int]:
    found = await tx.fetch(
        "SELECT name, sum(jsonb_array_length(ids)) AS count FROM event GROUP BY name"
    )
    return {record["name"]: int(record["count"]) for record in found}


async def test_products_are_created_changed_and_deleted(bulk: Bulk, tx: Transaction) -> None:
    gone = await make_product(tx, title="Gone")
    body = {"title": "Shirt", "options": [{"title": "Size", "values": ["S"]}]}
    new = {"op": "create", "type": "product", "external_id": "E-1", "handle": "shirt", **body}
    cap = {"op": "upsert", "type": "product", "external_id": "E-2"}

    ended = await bulk.run(
        new,
        {"op": "update", "type": "product", "external_id": "E-1", "title": "Linen"},
        {**cap, "title": "Cap", "create": {"handle": "cap", "status": "published", 
            "options": [{"title": "Color", "values": ["Red"]}]}},
        {**cap, "title": "Hat", "create": {"handle": "none of this counts"}},
        {"op": "delete", "type": "product", "id": gone.id},
        {"op": "delete", "type": "product", "handle": "nobody"},
    )  # fmt: skip

    changes = ["created", "updated", "created", "updated", "deleted", "none"]
    assert [one["change"] for one in ended.results] == changes
    assert [one["line"] for one in ended.results] == [1, 2, 3, 4, 5, 6]
    ids = [one["id"] for one in ended.results]
    assert (ids[0], ids[2], ids[4], ids[5]) == (ids[1], ids[3], gone.id, None)
    shown = good(await bulk.admin.get("/admin/products?fields=title,handle,status,external_id"))
    assert sorted((one["title"], one["handle"], one["status"]) for one in shown["products"]) == [
        ("Hat", "cap", "published"),
        ("Linen", "shirt", "draft"),
    ]
    job = ended.job
    counts = [job[name] for name in ("state", "lines", "done", "succeeded", "failed")]
    assert counts == ["done", 6, 6, 6, 0]
    assert job["position"] == job["size"]
    told = await events(tx)
    expected = {"product.created": 3, "product.updated": 2, "product.deleted": 1}
    assert expected.items() <= told.items()
    assert told["bulk-job.created"] == told["bulk-job.completed"] == 1


async def test_variants_are_written_for_many_products(bulk: Bulk, tx: Transaction) -> None:
    options = {"Size": ("S", "M", "L")}
    shirt = await make_product(tx, options=options)
    cap = await make_product(tx, title="Cap", options=options)
    await tx.execute("UPDATE product SET external_id = 'CAP' WHERE id = $1", cap.id)
    old = await make_variants(
        tx,
        shirt.id,
        [variant("Old", sku="OLD", options={"Size": "L"}), variant("Gone", sku="GONE")],
    )

    def new(sku: str, size: str, **more: Any) -> dict[str, Any]:
        return {"type": "variant", "sku": sku, "title": size, "options": {"Size": size}, **more}

    ended = await bulk.run(
        new("S-S", "S", op="create", product_id=shirt.id, prices=prices(usd=5)),
        new("C-S", "S", op="create", product_external_id="CAP", prices=[]),
        new("S-M", "M", op="upsert", product_id=shirt.id, create={"prices": prices(usd=6)}),
        {"op": "upsert", "type": "variant", "sku": "OLD", "title": "New"},
        {"op": "update", "type": "variant", "id": old[0], "sku": "NEW"},
        {"op": "update", "type": "variant", "sku": "NEW", "title": "Newer"},
        {"op": "delete", "type": "variant", "sku": "GONE"},
        {"op": "upsert", "type": "variant", "sku": "OLD", "title": "Orphan"},
        {"op": "upsert", "type": "variant", "sku": "NEW", "product_external_id": "CAP"},
    )

    assert [one.get("change") for one in ended.results] == [
        "created", "created", "created", "updated", "updated", "updated", "deleted", None, None,
    ]  # fmt: skip
    words = "name its product by product_id or product_external_id or product_handle"
    belongs = "The variant belongs to another product than that of external_id: CAP"
    assert ended.errors == {
        8: ("invalid_data", "product_id", f"The variant is new: {words}"),
        9: ("invalid_data", "product_external_id", belongs),
    }
    fields = "fields=sku,title,product_id,prices.amount"
    shown = good(await bulk.admin.get(f"/admin/product-variants?{fields}"))["variants"]
    found = {one["sku"]: (one["title"], one["product_id"], one["prices"]) for one in shown}
    assert found.keys() == {"S-S", "C-S", "S-M", "NEW"}
    assert found["NEW"][0] == "Newer"
    assert found["C-S"][1] == cap.id
    assert [price["amount"] for price in found["S-M"][2]] == [6]


async def test_a_price_line_leaves_the_other_prices(bulk: Bulk, tx: Transaction) -> None:
    product = await make_product(tx, options={"Size": ("S", "M")})
    small, _ = await make_variants(
        tx,
        product.id,
        [
            variant("S", sku="S", options={"Size": "S"}, prices=prices(usd=10, eur=9)),
            variant("M", sku="M", options={"Size": "M"}, prices=prices(usd=10)),
        ],
    )
    price = {"type": "price", "sku": "S"}

    ended = await bulk.run(
        {"op": "upsert", **price, "currency_code": "USD", "amount": 11},
        {"op": "upsert", "type": "price", "variant_id": small, "currency_code": "usd", "amount": 8,
         "min_quantity": 10},
        {"op": "create", **price, "currency_code": "eur", "amount": 1},
        {"op": "update", "type": "price", "sku": "M", "currency_code": "eur", "amount": 1},
        {"op": "update", "type": "price", "sku": "M", "currency_code": "usd", "amount": 12},
        {"op": "delete", **price, "currency_code": "eur"},
        {"op": "upsert", **price, "currency_code": "xxx", "amount": 1},
        {"op": "upsert", **price, "currency_code": "usd", "amount": -1},
        {"op": "upsert", "type": "price", "sku": "nobody", "currency_code": "usd", "amount": 1},
        {"op": "upsert", "type": "price", "sku": "M", "currency_code": "usd", "amount": 1,
         "rules": {"region_id": "nowhere"}},
    )  # fmt: skip

    changes = [one.get("change") for one in ended.results]
    assert changes == ["updated", "created", None, None, "updated", "deleted", *[None] * 4]
    assert all(one["id"] for one in ended.results if one["ok"])
    assert {line: path for line, (_, path, _) in ended.errors.items()} == {
        3: "currency_code", 4: "currency_code", 7: "currency_code", 8: "amount", 9: "sku",
        10: "rules.region_id",
    }  # fmt: skip
    assert ended.results[2]["error"]["conflicting_id"]
    shown = good(await bulk.admin.get("/admin/product-variants?fields=sku,*prices&order=sku"))[
        "variants"
    ]
    found = {
        one["sku"]: sorted(
            (p["currency_code"], p["amount"], p["min_quantity"]) for p in one["prices"]
        )
        for one in shown
    }
    assert found == {"M": [("usd", 12, None)], "S": [("usd", 8, 10), ("usd", 11, None)]}


async def test_prices_of_price_lists(bulk: Bulk, tx: Transaction) -> None:
    product = await make_product(tx, options={"Size": ("S", "M")})
    await make_variants(
        tx, product.id, [variant(one, sku=one, options={"Size": one}) for one in ("S", "M")]
    )
    body = {"title": "Sale", "description": "Winter"}
    made = good(await bulk.admin.post("/admin/price-lists", json=body))["price_list"]["id"]
    line = {"type": "price", "price_list_id": made, "currency_code": "eur"}

    ended = await bulk.run(
        {"op": "create", **line, "sku": "S", "amount": 5},
        {"op": "create", **line, "sku": "M", "amount": 6},
        {"op": "create", **line, "sku": "M", "amount": 6},
        {"op": "update", **line, "sku": "S", "amount": 4},
        {"op": "delete", **line, "sku": "M"},
        {"op": "delete", **line, "sku": "M"},
        {"op": "upsert", **line, "price_list_id": "nowhere", "sku": "S", "amount": 1},
    )

    changes = ["created", "created", None, "updated", "deleted", "none", None]
    assert [one.get("change") for one in ended.results] == changes
    kinds = {line: (kind, path) for line, (kind, path, _) in ended.errors.items()}
    assert kinds == {3: ("invalid_data", "currency_code"), 7: ("not_found", "price_list_id")}
    shown = good(await bulk.admin.get(f"/admin/price-lists/{made}/prices"))["prices"]
    assert [(one["amount"], one["id"]) for one in shown] == [(4, ended.results[0]["id"])]


async def test_links_of_many_products(bulk: Bulk, tx: Transaction) -> None:
    products = [await make_product(tx, title=title) for title in ("A", "B")]
    for number, product in enumerate(products):
        await make_variants(
            tx, product.id, [variant("S", sku=f"V-{number}", manage_inventory=False)]
        )
    box = await make_item(tx, "BOX")
    link = {"type": "link", "item_sku": "BOX"}

    ended = await bulk.run(
        {"op": "create", **link, "sku": "V-0", "required_quantity": 2},
        {"op": "upsert", **link, "sku": "V-1", "required_quantity": 3},
        {"op": "upsert", **link, "sku": "V-1", "required_quantity": 4},
        {"op": "create", **link, "sku": "V-1", "required_quantity": 9},
        {"op": "update", "type": "link", "sku": "V-0", "inventory_item_id": box, 
            "required_quantity": 5},
        {"op": "delete", **link, "sku": "V-1"},
        {"op": "update", **link, "sku": "V-1", "required_quantity": 1},
        {"op": "create", "type": "link", "sku": "V-1", "item_sku": "BAG", "required_quantity": 1},
        {"op": "create", **link, "sku": "V-1", "required_quantity": 0},
    )  # fmt: skip

    changes = ["created", "created", "updated", None, "updated", "deleted", None, None, None]
    assert [one.get("change") for one in ended.results] == changes
    found = await tx.fetch(
        "SELECT v.sku, l.required_quantity FROM product_variant_inventory_item l"
        " JOIN product_variant v ON v.id = l.variant_id WHERE l.inventory_item_id = $1",
        box,
    )
    assert [tuple(record) for record in found] == [("V-0", 5)]
    assert {line: path for line, (_, path, _) in ended.errors.items()} == {
        4: "item_sku", 7: "item_sku", 8: "item_sku", 9: "required_quantity",
    }  # fmt: skip


async def test_stock_levels(bulk: Bulk, tx: Transaction) -> None:
    hall = await make_location(tx)
    items = [await make_item(tx, f"I-{number}") for number in range(3)]
    level = {"type": "level", "location_id": hall}

    ended = await bulk.run(
        {"op": "create", **level, "item_sku": "I-0", "stocked_quantity": 5},
        {"op": "upsert", **level, "item_sku": "I-1", "stocked_quantity": 7},
        {"op": "upsert", **level, "item_sku": "I-0", "stocked_quantity": 6},
        {"op": "update", **level, "inventory_item_id": items[1], "stocked_quantity": 8,
         "expected_stocked_quantity": 7},
        {"op": "update", **level, "inventory_item_id": items[1], "stocked_quantity": 1,
         "expected_stocked_quantity": 7},
        {"op": "update", **level, "item_sku": "I-2", "stocked_quantity": 1},
        {"op": "create", **level, "item_sku": "I-0", "stocked_quantity": 1},
        {"op": "delete", **level, "item_sku": "I-0"},
        {"op": "delete", **level, "item_sku": "I-0", "force": True},
        {"op": "upsert", "type": "level", "item_sku": "I-0", "location_id": "nowhere"},
        {"op": "upsert", **level, "item_sku": "I-2", "stocked_quantity": -1},
    )  # fmt: skip

    changes = [one.get("change") for one in ended.results]
    assert changes == [
        "created",
        "created",
        "updated",
        "updated",
        *[None] * 4,
        "deleted",
        None,
        None,
    ]
    kinds = {line: kind for line, (kind, _, _) in ended.errors.items()}
    assert kinds == {
        5: "conflict", 6: "not_found", 7: "invalid_data", 8: "not_allowed", 10: "not_found",
        11: "invalid_data",
    }  # fmt: skip
    found = await tx.fetch(
        "SELECT inventory_item_id, stocked_quantity FROM inventory_level WHERE deleted_at IS NULL"
    )
    assert [tuple(record) for record in found] == [(items[1], 8)]
    actor = await tx.fetchval("SELECT created_by FROM bulk_job LIMIT 1")
    by = await tx.fetch("SELECT DISTINCT created_by FROM inventory_movement")
    assert [record[0] for record in by] == [actor]
    audited = await tx.fetch(
        "SELECT DISTINCT actor_type, actor_id FROM audit_log WHERE entity = 'inventory_level'"
    )
    assert [tuple(record) for record in audited] == [("user", actor)]


async def test_failed_lines_are_told_and_do_not_stop_the_others(
    bulk: Bulk, tx: Transaction
) -> None:
    product = await make_product(tx, options={"Size": tuple("ABCDEFGHIJ")})
    await make_variants(tx, product.id, [variant("A", sku="TAKEN", options={"Size": "A"})])

    def row(size: str, **fields: Any) -> dict[str, Any]:
        own = {"title": size, "sku": size, "options": {"Size": size}, "prices": []}
        return {"op": "create", "type": "variant", "product_id": product.id, **own, **fields}

    broken = [
        row("B"), row("C", sku="TAKEN"), row("D", options={"Size": "Z"}), row("E", weight="heavy"),
        row("F", colour="red"), row("G", title=""), row("H"), row("I", sku="H"), row("A"),
        row("J", prices=[{"currency_code": "zzz", "amount": 1}]),
        {"op": "destroy", "type": "variant"}, {"type": "variant"}, {"op": "create", "type": "shoe"},
        {"op": "update", "type": "variant", "title": "x"},
        {"op": "update", "type": "variant", "id": 5},
        {"op": "create", "type": "variant", "product_id": "nobody", "title": "x", "prices": []},
        row("J"),
    ]  # fmt: skip
    body = lines(broken) + b'{"op": "create", \n[1, 2]\n\n"text"\n' + b"\xff\xfe\n" + b"nul\x00\n"

    ended = await bulk.run_bytes(body)

    good_lines = [one["line"] for one in ended.results if one["ok"]]
    assert good_lines == [1, 7, 17]
    told = ended.errors
    assert {line: (kind, path) for line, (kind, path, _) in told.items()} == {
        2: ("invalid_data", "sku"), 3: ("invalid_data", "options"), 4: ("invalid_data", "weight"),
        5: ("invalid_data", "colour"), 6: ("invalid_data", "title"), 8: ("invalid_data", "sku"),
        9: ("invalid_data", "options"), 10: ("invalid_data", "prices[0].currency_code"),
        11: ("invalid_data", "op"), 12: ("invalid_data", "op"), 13: ("invalid_data", "type"),
        14: ("invalid_data", "id"), 15: ("invalid_data", "id"), 16: ("not_found", "product_id"),
        18: ("invalid_data", ""), 19: ("invalid_data", ""), 21: ("invalid_data", ""),
        22: ("invalid_data", ""), 23: ("invalid_data", ""),
    }  # fmt: skip
    assert told[5][2] == "Invalid request: Unrecognized fields: 'colour'"
    assert told[18][2].startswith("The line is not JSON: ")
    assert told[2][2] == "Product variant with sku: TAKEN, already exists."
    counts = [ended.job[name] for name in ("lines", "succeeded", "failed")]
    assert counts == [23, 3, 19]
    failed = await bulk.admin.get(f"/admin/bulk/{ended.job['id']}/results?only=failed")
    assert len(failed.text.splitlines()) == 19


async def test_packed_bodies_are_taken_and_their_size_is_limited(
    bulk: Bulk, limit: Callable[[int], None], tx: Transaction
) -> None:
    hall = await make_location(tx)
    await make_item(tx, "I")
    row = {"op": "upsert", "type": "level", "location_id": hall, "item_sku": "I"}
    body = lines([{**row, "stocked_quantity": number} for number in range(300)])
    packed = gzip.compress(body[:1000]) + gzip.compress(body[1000:])
    limit(1_000_000)

    ended = await bulk.run_bytes(packed, **{"content-encoding": "gzip"})
    bomb = await bulk.send(gzip.compress(b" \n" * 600_000), **{"content-encoding": "gzip"})
    plain = await bulk.send(b" \n" * 600_000)
    long = await bulk.send(lines([row]) + b"x" * 999_000)
    cut = await bulk.send(packed[:-9], **{"content-encoding": "gzip"})
    other = await bulk.send(body, **{"content-encoding": "gzip"})
    brotli = await bulk.send(body, **{"content-encoding": "br"})
    json_body = await bulk.send(body, **{"content-type": "application/json"})
    empty = await bulk.send(b"")

    assert (ended.job["succeeded"], ended.job["size"]) == (300, len(body))
    words = "The rows are larger than the limit of 1000000 bytes"
    assert refused(bomb, 413) == refused(plain, 413) == words
    assert long.status_code == 202
    assert refused(cut) == "The packed request body ends in the middle"
    assert refused(other) == "The request body is not packed as its content-encoding says"
    assert refused(brotli, 415) == 'unsupported content encoding "br"'
    assert refused(json_body, 415).startswith("Send lines of JSON as application/x-ndjson")
    assert refused(empty) == "The body is empty: send a line of JSON for each row"


async def test_a_line_that_is_too_long_and_a_body_without_end_are_refused_early(
    bulk: Bulk, limit: Callable[[int], None]
) -> None:
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1
            yield b'{"op": "create", "type": "product"}\n' * 1000

    long = await bulk.send(b"{}\n" + b"x" * (1024 * 1024 + 1))
    limit(5_000_000)
    stream = await bulk.admin.post(
        "/admin/bulk", content=endless(), headers={"content-type": "application/x-ndjson"}
    )

    assert refused(long, 413) == "Line 2 is longer than the limit of 1048576 bytes"
    assert refused(stream, 413) == "The rows are larger than the limit of 5000000 bytes"
    assert sent < 200
    assert [file async for file in bulk.files.listed()] == []
    assert good(await bulk.admin.get("/admin/bulk"))["count"] == 0


async def test_jobs_are_listed_canceled_and_forgotten(
    bulk: Bulk, client: httpx.AsyncClient, database: Database, tx: Transaction
) -> None:
    await make_product(tx)
    row = {"op": "delete", "type": "product", "id": "nobody"}
    asked = (await bulk.send(lines([row] * 3))).json()["bulk_job"]

    path = f"/admin/bulk/{asked['id']}"
    canceled = good(await bulk.admin.post(f"{path}/cancel"))["bulk_job"]
    again = await bulk.admin.post(f"{path}/cancel")
    await run_bulk_jobs(database, bulk.files)
    ended = await bulk.run(row)
    late = await bulk.admin.post(f"/admin/bulk/{ended.job['id']}/cancel")

    assert (asked["state"], asked["lines"], canceled["state"]) == ("waiting", 3, "canceled")
    assert good(again)["bulk_job"]["state"] == "canceled"
    assert refused(late) == f"Bulk job with id: {ended.job['id']} is done"
    listed = good(await bulk.admin.get("/admin/bulk?state=canceled"))
    assert [one["id"] for one in listed["bulk_jobs"]] == [asked["id"]]
    assert (await bulk.ended(asked["id"])).results == []
    assert [file async for file in bulk.files.listed()] == []
    for method, way in (("GET", ""), ("GET", "/results"), ("POST", "/cancel")):
        unknown = await bulk.admin.request(method, f"/admin/bulk/nobody{way}")
        assert refused(unknown, 404) == "Bulk job with id: nobody was not found"
        assert (await client.request(method, f"/admin/bulk/nobody{way}")).status_code == 401
    assert (await client.post("/admin/bulk", content=lines([row]))).status_code == 401
    dry = await bulk.admin.post("/admin/bulk?dry_run=true", content=lines([row]))
    assert refused(dry) == "Invalid request: Unrecognized fields: 'dry_run'"

    await tx.execute("UPDATE bulk_job SET ended_at = now() - interval '8 days' WHERE id = $1",
                     asked["id"])  # fmt: skip
    await tidy_bulk_jobs(database, bulk.files, days=7)
    left = good(await bulk.admin.get("/admin/bulk"))["bulk_jobs"]
    assert [one["id"] for one in left] == [ended.job["id"]]


async def test_a_job_whose_file_is_gone_fails(bulk: Bulk, database: Database) -> None:
    asked = (await bulk.send(lines([{"op": "delete", "type": "product", "id": "x"}]))).json()
    [file] = [file async for file in bulk.files.listed()]
    await bulk.files.delete(file.key)

    await run_bulk_jobs(database, bulk.files)

    job = (await bulk.ended(asked["bulk_job"]["id"])).job
    assert (job["state"], job["error"]) == ("failed", "The file of the job is gone")


async def test_a_body_that_is_sent_twice_with_a_key_is_one_job(bulk: Bulk) -> None:
    body = lines([{"op": "delete", "type": "product", "id": "x"}])
    key = {"idempotency-key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}

    first, again = await bulk.send(body, **key), await bulk.send(body, **key)
    other = await bulk.send(body + b"\n", **key)

    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422
    assert len([file async for file in bulk.files.listed()]) == 1


async def test_statements_do_not_grow_with_the_lines(
    bulk: Bulk, database: Database, tx: Transaction
) -> None:
    hall = await make_location(tx)
    for number in range(40):
        await make_item(tx, f"I-{number}")
    row = {"op": "upsert", "type": "level", "location_id": hall}
    counted = Statements(database)

    counts = list[int]()
    for most in (2, 40):
        rows = [{**row, "item_sku": f"I-{n}", "stocked_quantity": n + most} for n in range(most)]
        await bulk.run(*rows)
        await bulk.send(lines([{**one, "op": "update"} for one in rows]))
        counted.texts.clear()
        await run_bulk_jobs(counted, bulk.files)
        counts.append(len(counted.texts))

    assert counts[0] == counts[1]
