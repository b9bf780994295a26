"""Reverts where more has happened since, or rows have given each other what is unique."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.api.admin.test_audit_log_revert import entry_of, make_product, revert, seen
from tests.factories.keys import basic, make_key
from tests.observed import emitted


async def _swap(tx: Transaction, table: str, column: str, one: str, other: str) -> None:
    """As one batch, which the detour over a third value makes of several statements."""
    values = {
        row["id"]: row[column]
        for row in await tx.fetch(
            f"SELECT id, {column} FROM {table} WHERE id = ANY($1)", [one, other]
        )
    }
    await tx.execute("SET LOCAL merx.audit = 'user u swap swap'")
    for of, value in ((one, "detour"), (other, values[one]), (one, values[other])):
        await tx.execute(f"UPDATE {table} SET {column} = $2 WHERE id = $1", of, value)


@pytest.mark.parametrize(
    ("table", "column"),
    [("product_variant", "sku"), ("product_variant", "option_key"), ("inventory_item", "sku")],
)
async def test_what_two_rows_swapped_goes_back(
    admin: httpx.AsyncClient, tx: Transaction, table: str, column: str
) -> None:
    before = await make_product(admin)
    ids = [
        one["inventory_items"][0]["inventory_item_id"] if table == "inventory_item" else one["id"]
        for one in before["variants"]
    ]
    whole = f"SELECT to_jsonb(t) - 'updated_at' FROM {table} t WHERE id = ANY($1) ORDER BY id"
    rows = await tx.fetch(whole, ids)
    await _swap(tx, table, column, *ids)
    swapped = await tx.fetch(whole, ids)
    assert swapped != rows

    undone = await revert(admin, await entry_of(admin, batch_id="swap"))

    assert undone.status_code == 200, undone.text
    assert [one["action"] for one in undone.json()["audit_log_revert"]["reverted"]] == [
        "update",
        "update",
    ]
    assert await tx.fetch(whole, ids) == rows
    assert await seen(admin, before["id"]) == before
    again = await revert(admin, await entry_of(admin))
    assert again.status_code == 200, again.text
    assert await tx.fetch(whole, ids) == swapped


async def test_handles_that_two_products_swapped_go_back(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    one = (await make_product(admin, handle="one"))["id"]
    plain = {"title": "Other", "options": [{"title": "Size", "values": ["S"]}]}
    other = (await admin.post("/admin/products", json=plain)).json()["product"]["id"]
    await _swap(tx, "product", "handle", one, other)

    undone = await revert(admin, await entry_of(admin, batch_id="swap"))

    assert undone.status_code == 200, undone.text
    handles = await tx.fetch(
        "SELECT handle FROM product WHERE id = ANY($1) ORDER BY handle", [one, other]
    )
    assert [row[0] for row in handles] == ["one", "other"]


async def _category(admin: httpx.AsyncClient, name: str, parent: str | None = None) -> str:
    body = {"name": name, "parent_category_id": parent}
    answer = await admin.post("/admin/product-categories", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["product_category"]["id"]


async def _move(admin: httpx.AsyncClient, category: str, parent: str | None) -> str:
    """Returns the entry of the move."""
    path = f"/admin/product-categories/{category}"
    answer = await admin.post(path, json={"parent_category_id": parent})
    assert answer.status_code == 200, answer.text
    return await entry_of(admin, entity="product_category")


async def _tree(tx: Transaction) -> dict[str, tuple[str, int]]:
    rows = await tx.fetch("SELECT id, mpath, rank FROM product_category WHERE deleted_at IS NULL")
    return {row["id"]: (row["mpath"], row["rank"]) for row in rows}


async def test_what_was_added_below_and_beside_a_moved_category_follows_it_back(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    old, new = await _category(admin, "Old"), await _category(admin, "New")
    moved = await _category(admin, "Moved", old)
    below = await _category(admin, "Below", moved)
    entry = await _move(admin, moved, new)
    added = await _category(admin, "Added", below)
    beside = await _category(admin, "Beside", old)
    top = await _category(admin, "Top")
    await _move(admin, old, top)

    undone = await revert(admin, entry)

    assert undone.status_code == 200, undone.text
    tree = await _tree(tx)
    path = f"{top}.{old}.{moved}"
    assert tree[moved][0] == path
    assert tree[below][0] == f"{path}.{below}"
    assert tree[added][0] == f"{path}.{below}.{added}"
    assert sorted([tree[moved][1], tree[beside][1]]) == [0, 1]


async def test_a_category_does_not_go_back_below_itself(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    old, moved = await _category(admin, "Old"), await _category(admin, "Moved")
    await _move(admin, moved, old)
    entry = await _move(admin, moved, None)
    await _move(admin, old, moved)
    before = await _tree(tx)

    answer = await revert(admin, entry)

    assert answer.status_code == 409, answer.text
    assert await _tree(tx) == before


async def _ranked(tx: Transaction, parent: str | None = None) -> list[str]:
    rows = await tx.fetch(
        "SELECT name, rank FROM product_category WHERE parent_category_id IS NOT DISTINCT FROM $1"
        " AND deleted_at IS NULL ORDER BY rank",
        parent,
    )
    assert [row["rank"] for row in rows] == list(range(len(rows)))
    return [row["name"] for row in rows]


async def _put(admin: httpx.AsyncClient, path: str, **body: Any) -> str:
    """Returns the entry of the change."""
    answer = await admin.post(f"/admin/product-categories{path}", json=body)
    assert answer.status_code == 200, answer.text
    return await entry_of(admin, entity="product_category")


async def test_a_neighbour_that_came_in_front_does_not_keep_a_name_from_going_back(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    one = await _category(admin, "One")
    entry = await _put(admin, f"/{one}", name="First")
    await _put(admin, "", name="Zero", rank=0)

    undone = await revert(admin, entry)

    assert undone.status_code == 200, undone.text
    assert await _ranked(tx) == ["Zero", "One"]


async def test_a_change_of_another_field_since_stays(admin: httpx.AsyncClient) -> None:
    product = await make_product(admin)
    path = f"/admin/products/{product['id']}"
    await admin.post(path, json={"title": "Blouse"})
    entry = await entry_of(admin, entity="product")
    await admin.post(path, json={"subtitle": "Linen"})

    undone = await revert(admin, entry)

    assert undone.status_code == 200, undone.text
    product = await seen(admin, product["id"])
    assert (product["title"], product["subtitle"]) == ("Shirt", "Linen")


async def test_a_category_moves_back_among_neighbours_that_came_meanwhile(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    ids = [await _category(admin, name) for name in "ABCD"]
    entry = await _put(admin, f"/{ids[3]}", rank=0)
    await _put(admin, "", name="E", rank=0)
    assert await _ranked(tx) == ["E", "D", "A", "B", "C"]

    undone = await revert(admin, entry)

    assert undone.status_code == 200, undone.text
    assert await _ranked(tx) == ["E", "A", "B", "C", "D"]
    again = await revert(admin, entry)
    assert again.status_code == 409, again.text
    assert {one["path"].rpartition(".")[2] for one in again.json()["errors"]} == {"rank"}
    assert await _ranked(tx) == ["E", "A", "B", "C", "D"]


async def test_a_new_category_is_undone_though_its_neighbours_moved_on(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    first = await _category(admin, "A")
    await _category(admin, "B")
    entry = await _put(admin, "", name="New", rank=0)
    await _put(admin, "", name="Newer", rank=0)
    gone = await admin.delete(f"/admin/product-categories/{first}")
    assert gone.status_code == 200, gone.text

    undone = await revert(admin, entry)

    assert undone.status_code == 200, undone.text
    assert await _ranked(tx) == ["Newer", "B"]


async def test_a_deleted_category_comes_back_before_who_came_meanwhile(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    ids = [await _category(admin, name) for name in "ABC"]
    await admin.delete(f"/admin/product-categories/{ids[1]}")
    entry = await entry_of(admin, entity="product_category", action="delete")
    await _put(admin, "", name="Last")

    undone = await revert(admin, entry)

    assert undone.status_code == 200, undone.text
    assert await _ranked(tx) == ["A", "B", "C", "Last"]


async def test_a_revert_with_a_secret_key_names_the_key(
    admin: httpx.AsyncClient, client: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(admin)
    await admin.post(f"/admin/products/{product['id']}", json={"title": "Blouse"})
    entry = await entry_of(admin, entity="product")
    key_id, token = await make_key(tx, "secret")

    answer = await client.post(f"/admin/audit-log/{entry}/revert", headers=basic(token))

    assert answer.status_code == 200, answer.text
    [newest] = (await admin.get("/admin/audit-log?limit=1")).json()["audit_log_entries"]
    assert (newest["actor_type"], newest["actor_id"]) == ("api-key", key_id)
    assert newest["batch_id"] != answer.json()["audit_log_revert"]["batch_id"]


async def test_a_revert_emits_what_the_change_would(
    admin: httpx.AsyncClient, tx: Transaction
) -> None:
    product = await make_product(admin)
    gone, kept = product["variants"]
    body: dict[str, Any] = {
        "delete": [gone["id"]],
        "update": [{"id": kept["id"], "title": "Medium"}],
        "create": [{"title": "Large", "options": {"Size": "L"}, "prices": []}],
    }
    path = f"/admin/products/{product['id']}/variants/batch"
    made = (await admin.post(path, json=body)).json()["created"][0]["id"]
    entry = await entry_of(admin, entity="product_variant")
    await tx.execute("DELETE FROM event")

    dry = await revert(admin, entry, dry_run=True)
    nothing = await emitted(tx)
    undone = await revert(admin, entry)

    assert (dry.status_code, undone.status_code) == (200, 200)
    assert nothing == {}
    events = await emitted(tx)
    assert events["product-variant.created"] == [gone["id"]]
    assert events["product-variant.updated"] == [kept["id"]]
    assert events["product-variant.deleted"] == [made]
    assert events["product.updated"] == [product["id"]]
    assert events["inventory-item.created"] == [gone["inventory_items"][0]["inventory_item_id"]]
