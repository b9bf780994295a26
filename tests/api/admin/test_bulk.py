"""Bulk jobs over HTTP: what each kind of line does, and what is told of those that fail."""

from typing import Any

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.bulk import Bulk, lines
from tests.factories.products import (
    make_item,
    make_location,
    make_product,
    make_variants,
    prices,
    variant,
)


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
