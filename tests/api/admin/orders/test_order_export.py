"""/admin/orders/export: orders as a file."""

import httpx
from fastapi import FastAPI

from merx.api.admin.orders.export import read_export
from merx.core.database import Transaction
from merx.workflows.orders.order_csv import write_orders
from tests.answers import refused
from tests.factories.orders import make_order


async def test_an_export_has_a_line_for_each_order(
    admin: httpx.AsyncClient, app: FastAPI, tx: Transaction
) -> None:
    order = await make_order(tx, email="=cmd@example.com")
    await make_order(tx, is_draft_order=True, status="draft")

    asked = await admin.post("/admin/orders/export?status=pending")
    parts = [part async for part in write_orders(tx, read_export("status=pending"))]

    assert asked.status_code == 202
    assert asked.json()["transaction_id"].startswith("auto-")
    head, line = b"".join(parts).decode().splitlines()
    row = dict(zip(head.split(","), line.split(","), strict=True))
    assert (row["id"], row["total"]) == (order.id, "84")
    # Spreadsheets would run it.
    assert row["email"] == "'=cmd@example.com"


async def test_a_wrong_filter_of_an_export_is_refused(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/admin/orders/export?limit=x")

    assert "Expected type: 'number'" in refused(answer)
