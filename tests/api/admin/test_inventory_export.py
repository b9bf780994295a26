"""Exports of inventory items: asked for, written once in the background, told of in the feed."""

import csv
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.api.admin.inventory_items.export import read_export
from merx.core.database import Database, Transaction
from merx.extension import join_services, join_subscribers
from merx.outbox import Event, Subscriber
from merx.providers.file import StoredFiles
from merx.settings import Settings
from merx.shop import shop
from merx.subscribers.inventory_export import inventory_export
from merx.workflows.stock.inventory_csv import AT_ONCE, write_items
from tests.answers import good, refused
from tests.factories.products import (
    link,
    make_item,
    make_items,
    make_location,
    make_product,
    make_variant,
)
from tests.factories.stock import make_level
from tests.outbox.support import relaying, until

PATH = "/admin/inventory-items/export"
VARIANT = ["Variant Id", "Variant Title", "Variant Barcode", "Variant Ean", "Variant Upc"]

Export = Callable[[str], Awaitable[str]]


@pytest.fixture
def exporter(app: FastAPI, tmp_path: Path) -> Subscriber:
    """The subscriber that writes exports, and an app that reads what it wrote."""
    app.state.files = StoredFiles(str(tmp_path / "files"))
    return inventory_export(app.state.files, read_export, public_url="http://shop.test/")


@pytest.fixture
def deliver(exporter: Subscriber, database: Database) -> Callable[[str], Awaitable[None]]:
    async def run(export_id: str) -> None:
        event = Event("evt_1", exporter.events[0], [export_id], datetime.now(UTC))
        await exporter.handle(event, database)

    return run


@pytest.fixture
def export(
    admin: httpx.AsyncClient, client: httpx.AsyncClient, deliver: Callable[[str], Awaitable[None]]
) -> Export:
    """Ask for an export and wait for it; the text of the file."""

    async def run(query: str) -> str:
        await deliver(await asked(admin, query))
        file = (await feed(admin))[0]["data"]["file"]
        answer = await client.get(file["url"].removeprefix("http://shop.test"))
        assert answer.status_code == 200
        return answer.text

    return run


async def asked(admin: httpx.AsyncClient, query: str = "") -> str:
    answer = await admin.post(f"{PATH}?{query}")
    assert answer.status_code == 202
    return answer.json()["transaction_id"]


async def feed(admin: httpx.AsyncClient) -> list[dict[str, Any]]:
    return good(await admin.get("/admin/notifications?order=-id"))["notifications"]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


async def test_an_export_is_a_file_in_the_feed(
    admin: httpx.AsyncClient, client: httpx.AsyncClient, deliver: Any, tx: Transaction
) -> None:
    await make_item(tx, "shirt")

    export_id = await asked(admin)
    before = await feed(admin)
    await deliver(export_id)
    await deliver(export_id)

    assert export_id.startswith("auto-")
    assert before == []
    [told] = await feed(admin)
    file = told["data"].pop("file")
    assert (told["to"], told["channel"], told["template"]) == ("", "feed", "admin-ui")
    assert told["data"] == {
        "title": "Inventory export",
        "description": "Inventory export completed successfully!",
    }
    assert file["filename"].endswith("-inventory-item-exports.csv")
    assert file["mimeType"] == "text/csv"
    answer = await client.get(file["url"].removeprefix("http://shop.test"))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert [row["Item Sku"] for row in rows(answer.text)] == ["shirt"]


async def test_the_columns_are_those_of_the_reference(export: Export, tx: Transaction) -> None:
    await make_item(tx, "shirt", weight=5, metadata={"a": 1})
    await make_location(tx, 'B, "b"')
    await make_location(tx, "A")

    [whole] = rows(await export(""))
    [part] = rows(await export("fields=weight,location_levels.stocked_quantity,metadata,nonsense"))

    stock = [
        f"Location [{name}] {quantity} Quantity"
        for name in ("A", 'B, "b"')
        for quantity in ("Stocked", "Reserved", "Available")
    ]
    fields = (
        "Id, Sku, Title, Description, Thumbnail, Origin Country, Hs Code, Requires Shipping,"
        " Mid Code, Material, Unit Of Measure, Weight, Length, Height, Width, Reserved Quantity,"
        " Stocked Quantity, Created At, Updated At"
    )
    assert list(whole) == [*(f"Item {name}" for name in fields.split(", ")), *VARIANT, *stock]
    assert list(part) == ["Item Id", "Item Sku", "Item Weight", *VARIANT, *stock]
    assert (whole["Item Requires Shipping"], whole["Item Weight"]) == ("true", "5")


async def test_a_line_is_an_item_of_a_variant_with_its_stock_everywhere(
    export: Export, tx: Transaction
) -> None:
    here, there = await make_location(tx, "Here"), await make_location(tx, "There")
    kit, alone = await make_item(tx, "kit"), await make_item(tx, "alone")
    await make_level(tx, kit, here, stocked=7, reserved=2)
    await make_level(tx, alone, there, stocked=1)
    product = await make_product(tx)
    for ean in ("1", "2"):
        variant = await make_variant(tx, product.id, ean=ean, manage_inventory=False)
        await link(tx, product.id, variant, kit)

    found = rows(await export("fields=id&order=sku"))

    assert [(row["Item Sku"], row["Variant Ean"]) for row in found] == [
        ("alone", ""),
        ("kit", "1"),
        ("kit", "2"),
    ]
    assert [row["Location [Here] Available Quantity"] for row in found] == ["", "5", "5"]
    assert [row["Location [There] Stocked Quantity"] for row in found] == ["1", "", ""]


async def test_filters_count_and_pages_do_not(export: Export, tx: Transaction) -> None:
    place = await make_location(tx)
    first, second, _ = [await make_item(tx, sku) for sku in ("red 1", "red 2", "blue")]
    await make_level(tx, second, place, stocked=1)

    by_text = rows(await export("q=red&limit=1&offset=1"))
    by_place = rows(await export(f"location_levels[location_id]={place}"))
    none = await export("sku=green")

    assert [row["Item Id"] for row in by_text] == [first, second]
    assert [row["Item Id"] for row in by_place] == [second]
    assert none.startswith("Item Id,Item Sku")
    assert len(none.splitlines()) == 1


async def test_formulas_are_text_and_numbers_are_exact(export: Export, tx: Transaction) -> None:
    sku, title = '=HYPERLINK("http://x")', "-2+3"
    await make_item(tx, sku, title=title, description="-5", material="@x", hs_code="a\n=b")
    namesakes = [await make_location(tx, "Twin") for _ in range(2)]
    item = await make_item(tx, "exact")
    await make_level(tx, item, namesakes[0], stocked=12345678901234567890)

    risky, exact = rows(await export("fields=title,description,material,hs_code&order=id"))

    assert (risky["Item Sku"], risky["Item Title"]) == (f"'{sku}", f"'{title}")
    assert (risky["Item Description"], risky["Item Hs Code"]) == ("-5", "a\n=b")
    assert risky["Item Material"] == "'@x"
    assert exact[f"Location [Twin ({namesakes[0]})] Stocked Quantity"] == "12345678901234567890"
    assert exact[f"Location [Twin ({namesakes[1]})] Stocked Quantity"] == ""


@pytest.mark.parametrize("query", ["foo=1", "weight[$gt]=x", "order=nonsense", "limit=x"])
async def test_a_question_that_no_list_would_answer_asks_for_no_export(
    admin: httpx.AsyncClient, tx: Transaction, query: str
) -> None:
    refused(await admin.post(f"{PATH}?{query}"), 400)

    assert await tx.fetchval("SELECT count(*) FROM export") == 0


async def test_a_file_that_cannot_be_written_is_told_of_once_and_tried_again(
    admin: httpx.AsyncClient, app: FastAPI, deliver: Any, tmp_path: Path
) -> None:
    export_id = await asked(admin)
    (tmp_path / "files").write_text("in the way of the folder")

    for _ in range(2):
        with pytest.raises(Exception, match="File exists"):
            await deliver(export_id)
    [failed] = await feed(admin)
    (tmp_path / "files").unlink()
    await deliver(export_id)

    assert "failed" in failed["data"]["description"]
    assert "completed" in (await feed(admin))[0]["data"]["description"]


async def test_what_is_no_file_is_not_found(
    client: httpx.AsyncClient, exporter: Subscriber, tmp_path: Path
) -> None:
    (tmp_path / "jwt_secret").write_text("hidden")
    (tmp_path / "files").mkdir()

    for key in ("none.csv", "..", "../jwt_secret", "..%2Fjwt_secret", "%00", "a%00.csv", "%FF"):
        answer = await client.get(f"/static/{key}")
        assert answer.status_code == 404, key
    assert (await client.post("/static/x")).status_code in (404, 405)


async def test_without_a_key_nothing_is_exported(client: httpx.AsyncClient) -> None:
    refused(await client.post(PATH), 401)


@pytest.mark.commits
async def test_memory_does_not_grow_with_the_number_of_items(
    database: Database, tx: Transaction
) -> None:
    count = 3 * AT_ONCE + 1
    await make_items(tx, count)

    async with database.snapshot() as snapshot:
        parts = [part async for part in write_items(snapshot, read_export("fields=id"))]

    assert len(parts) == 1 + 4
    assert b"".join(parts).count(b"\n") == count


@pytest.mark.commits
async def test_the_relay_hands_the_request_over(
    admin: httpx.AsyncClient, database: Database, settings: Settings, tmp_path: Path
) -> None:
    own = settings.model_copy(update={"files": str(tmp_path / "files")})
    parts = [shop(own)]
    await asked(admin)

    async with relaying(database, *join_subscribers(parts, join_services(own, parts))):

        async def told() -> bool:
            return bool(await feed(admin))

        await until(told)

    [file] = (tmp_path / "files").iterdir()
    assert (await feed(admin))[0]["data"]["file"]["url"].endswith(f"/static/{file.name}")
