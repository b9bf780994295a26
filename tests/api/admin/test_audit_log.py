"""/admin/audit-log: who changed what, field by field, in the transaction of the change."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import Table

from merx.core.acting import changing
from merx.core.database import Database, Transaction
from merx.modules.audit.partitions import turn_months_in
from merx.modules.inventory import models as stock
from merx.modules.pricing import models as pricing
from merx.modules.product import models as catalogue

PRODUCT = {
    "title": "Shirt",
    "options": [{"title": "Size", "values": ["S", "M", "L", "X"]}],
    "variants": [
        {
            "title": "S",
            "sku": "SHIRT-S",
            "options": {"Size": "S"},
            "prices": [{"amount": 10.5, "currency_code": "eur"}],
        }
    ],
}
# Price sets hold nothing; a variant's values stand in its option_key; what is reserved, and each
# change of a quantity, stands in the ledger.
_NOT_AUDITED = {
    "price_set",
    "product_variant_option",
    "reservation_item",
    "inventory_movement",
    "product_search",
}


async def log(admin: httpx.AsyncClient, **filters: Any) -> list[dict[str, Any]]:
    answer = await admin.get("/admin/audit-log", params={"limit": 100, **filters})
    assert answer.status_code == 200, answer.text
    return answer.json()["audit_log_entries"]


async def entry(admin: httpx.AsyncClient, **filters: Any) -> dict[str, Any]:
    """The newest entry that meets the filters, with its changes."""
    [newest, *_] = await log(admin, **filters)
    answer = await admin.get(f"/admin/audit-log/{newest['id']}")
    return answer.json()["audit_log_entry"]


async def make_product(admin: httpx.AsyncClient) -> dict[str, Any]:
    answer = await admin.post("/admin/products", json=PRODUCT)
    assert answer.status_code == 200, answer.text
    return answer.json()["product"]


def fields(of: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    [change] = of["changes"]
    return {one["path"]: (one["from"], one["to"]) for one in change["fields"]}


async def test_a_change_is_told_field_by_field_with_who_and_by_which_request(
    admin: httpx.AsyncClient,
) -> None:
    product = await make_product(admin)
    me = (await admin.get("/admin/users/me")).json()["user"]["id"]

    answer = await admin.post(
        f"/admin/products/{product['id']}",
        json={"title": "Blouse", "metadata": {"season": "spring"}},
        headers={"x-request-id": "change-1"},
    )

    assert answer.status_code == 200
    found = await entry(admin, request_id="change-1", entity="product")
    assert (found["actor_type"], found["actor_id"], found["action"]) == ("user", me, "update")
    assert found["entity_ids"] == [product["id"]]
    assert fields(found) == {
        "title": ("Shirt", "Blouse"),
        "metadata": (None, {"season": "spring"}),
    }


async def test_one_request_is_one_batch_of_all_that_it_changed(admin: httpx.AsyncClient) -> None:
    product = await make_product(admin)

    [newest, *_] = await log(admin, entity="product", entity_id=product["id"])

    batch = await log(admin, batch_id=newest["batch_id"])
    assert {one["entity"] for one in batch} >= {"product", "product_variant", "price"}
    assert {one["action"] for one in batch} == {"create"}


async def test_an_amount_is_told_exactly_and_found_by_its_currency_row(
    admin: httpx.AsyncClient,
) -> None:
    product = await make_product(admin)
    variant = product["variants"][0]
    price = {"id": variant["prices"][0]["id"], "amount": 12.25, "currency_code": "eur"}

    await admin.post(
        f"/admin/products/{product['id']}/variants/{variant['id']}", json={"prices": [price]}
    )

    found = await entry(admin, entity="price", entity_id=price["id"], action="update")
    assert fields(found)["amount"] == (10.5, 12.25)


async def test_deletions_tell_what_was_there(admin: httpx.AsyncClient) -> None:
    product = await make_product(admin)

    await admin.delete(f"/admin/products/{product['id']}")

    found = await entry(admin, entity="product_variant", action="delete", entity_id=product["id"])
    assert fields(found)["sku"] == ("SHIRT-S", None)


async def test_a_batch_makes_one_entry_for_each_table_whatever_its_rows(
    admin: httpx.AsyncClient,
) -> None:
    product = await make_product(admin)
    patches = [{"id": product["variants"][0]["id"], "title": "Small"}]
    more = [{"title": f"V{n}", "sku": f"V{n}", "options": {"Size": n}, "prices": []} for n in "MLX"]

    answer = await admin.post(
        f"/admin/products/{product['id']}/variants/batch",
        json={"update": patches, "create": more},
        headers={"x-request-id": "batch-1"},
    )

    assert answer.status_code == 200, answer.text
    entries = await log(admin, request_id="batch-1", entity="product_variant")
    assert sorted((one["action"], one["row_count"]) for one in entries) == [
        ("create", 3),
        ("update", 1),
    ]


async def test_stock_and_links_are_told_and_reservations_are_not(
    admin: httpx.AsyncClient,
) -> None:
    location = (await admin.post("/admin/stock-locations", json={"name": "Here"})).json()
    place = location["stock_location"]["id"]
    item = (await admin.post("/admin/inventory-items", json={"sku": "CLOTH"})).json()
    item_id = item["inventory_item"]["id"]
    levels = f"/admin/inventory-items/{item_id}/location-levels"
    await admin.post(levels, json={"location_id": place, "stocked_quantity": 5})

    await admin.post(f"{levels}/{place}", json={"stocked_quantity": 8})
    reserved = await admin.post(
        "/admin/reservations",
        json={"inventory_item_id": item_id, "location_id": place, "quantity": 2},
    )

    assert reserved.status_code == 200, reserved.text
    entries = await log(admin, entity="inventory_level", entity_id=item_id)
    assert [one["action"] for one in entries] == ["update", "create"]
    found = await entry(admin, entity="inventory_level", entity_id=place, action="update")
    assert fields(found)["stocked_quantity"] == (5, 8)


async def test_what_is_refused_leaves_no_entry(admin: httpx.AsyncClient) -> None:
    await make_product(admin)

    again = await admin.post("/admin/products", json={**PRODUCT, "handle": "another"})

    assert again.status_code == 400, again.text
    assert len(await log(admin, entity="product")) == 1


async def test_times_page_and_fields_work_as_in_other_lists(admin: httpx.AsyncClient) -> None:
    product = await make_product(admin)
    own = {"entity_id": product["id"], "entity": "product"}

    past = await log(admin, **own, **{"created_at[$lt]": "2020-01-01"})
    one = await log(admin, **own, fields="action,changes")

    assert past == []
    assert one[0]["action"] == "create"
    assert set(one[0]) == {"id", "action", "changes"}
    missing = await admin.get("/admin/audit-log/audlog_none")
    assert missing.status_code == 404
    assert missing.json()["message"] == "Audit log entry with id: audlog_none was not found"


async def test_sql_by_hand_is_told_by_the_role_and_commands_by_name(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    await tx.execute("SET LOCAL merx.audit = ''")
    await tx.execute("INSERT INTO product_tag (id, value) VALUES ('ptag_1', 'by hand')")
    [by_hand] = await log(admin, entity="product_tag")
    assert by_hand["actor_type"] == "database"
    assert by_hand["actor_id"] == await tx.fetchval("SELECT session_user")


async def test_a_statement_that_deletes_and_changes_is_told_row_by_row(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    await tx.execute(
        "INSERT INTO product_tag (id, value) VALUES ('a', 'A'), ('b', 'B'), ('c', 'C')"
    )
    await tx.execute("UPDATE product_tag SET deleted_at = now() WHERE id = 'c'")
    await tx.execute(
        "UPDATE product_tag SET value = value || '!',"
        " metadata = CASE id WHEN 'b' THEN '{}'::jsonb END,"
        " deleted_at = CASE id WHEN 'a' THEN now() ELSE deleted_at END WHERE id IN ('a', 'b', 'c')"
    )

    found = await entry(admin, entity="product_tag")

    assert (found["action"], found["row_count"]) == ("update", 3)
    changed = {
        row["id"]: {one["path"]: one["to"] for one in row["fields"] if one["path"] != "deleted_at"}
        for row in found["changes"]
    }
    assert changed == {
        "a": {"value": "A!"},
        "b": {"value": "B!", "metadata": {}},
        "c": {"value": "C!"},
    }
    [deletion] = await log(admin, entity="product_tag", action="delete")
    assert (deletion["entity_ids"], deletion["row_count"]) == (["c"], 1)


@pytest.mark.commits
async def test_commands_are_named_and_nothing_is_written_when_it_is_off(
    database: Database, database_url: str
) -> None:
    changing.set("cli merx-import")
    off = Database(database_url, is_audited=False)
    await off.open()

    async with database.write() as tx:
        await tx.execute("INSERT INTO product_tag (id, value) VALUES ('ptag_1', 'on')")
    async with off.write() as tx:
        await tx.execute("INSERT INTO product_tag (id, value) VALUES ('ptag_2', 'off')")

    await off.close()
    async with database.read() as tx:
        rows = await tx.fetch(
            "SELECT actor_type, actor_id, ids FROM audit_log WHERE entity = 'product_tag'"
        )
    assert [tuple(row) for row in rows] == [("cli", "merx-import", ["ptag_1"])]


async def test_months_are_made_ahead_and_old_ones_dropped(tx: Transaction) -> None:
    await tx.execute("DELETE FROM audit_log")
    await tx.execute("SELECT make_audit_month('2020-01-01')")
    await tx.execute(
        "INSERT INTO audit_log (batch_id, actor_type, actor_id, entity, action, ids, row_count,"
        " columns, created_at)"
        " SELECT 'b', 'user', 'u', 'product', 'update', '{}', 1, '{}', day::timestamptz"
        " FROM unnest(ARRAY['2020-01-15', '2019-01-15', '2090-05-05']) day"
    )
    await tx.execute("SELECT make_audit_month('2090-05-01')")

    await turn_months_in(tx, kept=12)

    left = [row[0] for row in await tx.fetch("SELECT created_at FROM audit_log")]
    assert left == [datetime(2090, 5, 5, tzinfo=UTC)]
    months = await tx.fetchval(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_log'::regclass"
    )
    # This month, two ahead, that of 2090, and the rest.
    assert months == 5


async def test_every_table_of_catalogue_prices_and_stock_is_audited(tx: Transaction) -> None:
    tables = {
        str(table)
        for module in (catalogue, pricing, stock)
        for model in vars(module).values()
        if isinstance(table := getattr(model, "__table__", None), Table)
    }

    rows = await tx.fetch(
        "SELECT c.relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgname LIKE 'audit\\_%' GROUP BY 1"
    )

    assert {row[0]: row[1] for row in rows} == dict.fromkeys(tables - _NOT_AUDITED, 3)


async def test_every_column_of_an_audited_table_is_written(tx: Transaction) -> None:
    """A migration that adds a column calls `audit_table` again."""
    missing = await tx.fetch(
        "SELECT c.relname, a.attname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE t.tgname = 'audit_insert' AND a.attnum > 0 AND NOT a.attisdropped"
        " AND a.attgenerated = '' AND strpos(p.prosrc, format('r.%I::text', a.attname)) = 0"
    )

    left_out = {"created_at", "updated_at", "reserved_quantity", "shortfall_quantity"}
    assert {row["attname"] for row in missing} == left_out
