"""Products as files: exported, imported, and the same again."""

import csv
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.api.admin.products.export import read_export
from merx.core.database import Database, Transaction
from merx.outbox import Event
from merx.providers.file import StoredFiles
from merx.subscribers.product_export import product_export
from merx.subscribers.product_import import product_import
from tests.answers import good, refused
from tests.factories.product_files import SIMPLE, sent
from tests.factories.products import make_location, make_product, prices, variant

Export = Callable[[str], Awaitable[str]]
Import = Callable[[str], Awaitable[dict[str, Any]]]


@pytest.fixture(autouse=True)
def files(app: FastAPI, tmp_path: Path):
    own, app.state.files = app.state.files, StoredFiles(str(tmp_path / "files"))
    yield app.state.files
    app.state.files = own


async def feed(admin: httpx.AsyncClient) -> list[dict[str, Any]]:
    return good(await admin.get("/admin/notifications?order=-id"))["notifications"]


@pytest.fixture
def export(admin: httpx.AsyncClient, database: Database, files: StoredFiles) -> Export:
    """Ask for an export and write it; the text of the file."""
    exporter = product_export(files, read_export, public_url="http://shop.test/")

    async def run(query: str) -> str:
        answer = await admin.post(f"/admin/products/export?{query}")
        assert answer.status_code == 202, answer.text
        asked = answer.json()["transaction_id"]
        await exporter.handle(Event("evt", "", [asked], datetime.now(UTC)), database)
        file = (await feed(admin))[0]["data"]["file"]
        answer = await admin.get(file["url"].removeprefix("http://shop.test"))
        assert answer.status_code == 200
        return answer.text

    return run


@pytest.fixture
def write(admin: httpx.AsyncClient, database: Database, files: StoredFiles) -> Import:
    """Import a file, confirm it and write it; what the feed says."""
    importer = product_import(files)

    async def run(text: str) -> dict[str, Any]:
        answer = await sent(admin, text)
        assert answer.status_code == 202, answer.text
        asked = answer.json()["transaction_id"]
        confirmed = await admin.post(f"/admin/products/import/{asked}/confirm")
        assert (confirmed.status_code, confirmed.json()) == (202, {})
        await importer.handle(Event("evt", "", [asked], datetime.now(UTC)), database)
        return (await feed(admin))[0]["data"]

    return run


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


async def full_product(admin: httpx.AsyncClient, tx: Transaction) -> dict[str, Any]:
    """A product with all that a file can hold."""
    made: dict[str, str] = {}
    for path, key, body in (
        ("regions", "region", {"name": "Nord", "currency_code": "eur"}),
        ("product-types", "product_type", {"value": "Knitwear"}),
        ("collections", "collection", {"title": "Winter"}),
        ("product-tags", "product_tag", {"value": "warm"}),
        ("product-categories", "product_category", {"name": "Jumpers"}),
        ("sales-channels", "sales_channel", {"name": "Web"}),
        ("shipping-profiles", "shipping_profile", {"name": "Parcel", "type": "parcel"}),
    ):
        made[key] = good(await admin.post(f"/admin/{path}", json=body))[key]["id"]
    made["location"] = await make_location(tx, "Hall, 1")
    shared = {"title": "Colour", "values": ["Red", "Blue"]}
    made["option"] = good(await admin.post("/admin/product-options", json=shared))[
        "product_option"
    ]["id"]
    body = {
        "title": 'Jumper, "soft"', "handle": "jumper", "subtitle": "=1+1", "status": "published",
        "description": "Two\nlines; and 'quotes'", "external_id": "00123", "weight": 1.5,
        "hs_code": "6110", "origin_country": "no", "material": "wool", "discountable": False,
        "thumbnail": "https://e.test/t.jpg", "metadata": {"a": 1, "b": [1.50, "x"], "c": None},
        "type_id": made["product_type"], "collection_id": made["collection"],
        "tags": [{"id": made["product_tag"]}], "categories": [{"id": made["product_category"]}],
        "sales_channels": [{"id": made["sales_channel"]}],
        "shipping_profile_id": made["shipping_profile"],
        "images": [{"url": f"https://e.test/{n}.jpg"} for n in (1, 2, 3)],
        "options": [{"title": "Size", "values": ["S", "M", "L"]}, {"id": made["option"]}],
        "variants": [
            variant("S red", sku="-S", ean="1", barcode="007", weight=0.25, variant_rank=2,
                    metadata={"k": "v"}, allow_backorder=True,
                    options={"Size": "S", "Colour": "Red"},
                    prices=[*prices(usd=10, eur=9.95),
                            {"currency_code": "eur", "amount": 8,
                             "rules": {"region_id": made["region"]}},
                            {"currency_code": "usd", "amount": 5.25, "min_quantity": 10}]),
            variant("M blue", sku="M", manage_inventory=False,
                    options={"Size": "M", "Colour": "Blue"}, prices=prices(usd=11)),
        ],
    }  # fmt: skip
    product = good(await admin.post("/admin/products", json=body))["product"]
    items = good(await admin.get("/admin/inventory-items?sku=-S"))["inventory_items"]
    level = {"location_id": made["location"], "stocked_quantity": 7.5}
    good(await admin.post(f"/admin/inventory-items/{items[0]['id']}/location-levels", json=level))
    [first, _] = product["variants"]
    image = product["images"][2]["id"]
    good(
        await admin.post(
            f"/admin/products/{product['id']}/images/{image}/variants/batch",
            json={"add": [first["id"]]},
        )
    )
    return product


FIELDS = (
    "title,handle,subtitle,status,description,external_id,weight,hs_code,origin_country,material,"
    "discountable,thumbnail,metadata,type_id,collection_id,tags.id,categories.id,sales_channels.id,"
    "shipping_profile.id,images.url,options.title,options.values.value,options.is_exclusive,"
    "*variants,*variants.prices,variants.options.value,variants.images.url,"
    "variants.inventory.location_levels.stocked_quantity,variants.inventory.location_levels.location_id"
)


def stripped(found: Any, *, ids: bool) -> Any:
    """What must survive: without times, and without ids where all is new."""
    gone = {"created_at", "updated_at", "deleted_at", "option_id", "price_set_id"}
    new = {"variant_id", "product_id"}
    if isinstance(found, list):
        return [stripped(one, ids=ids) for one in found]
    if not isinstance(found, dict):
        return found
    kept = {
        name: stripped(value, ids=ids)
        for name, value in found.items()
        if name not in gone and (ids or name not in new)
    }
    own = str(kept.get("id", "")).split("_")[0]
    if own in ("price", "img", "opt", "optval", "iitem", "ilev") or (
        not ids and own in ("prod", "variant")
    ):
        kept.pop("id")
    for name in ("prices", "values", "options", "images"):
        if isinstance(kept.get(name), list):
            kept[name] = sorted(kept[name], key=str)
    return kept


async def shown(admin: httpx.AsyncClient, handle: str, *, ids: bool) -> dict[str, Any]:
    path = f"/admin/products?handle={handle}&fields={FIELDS}"
    [product] = good(await admin.get(path))["products"]
    return stripped(product, ids=ids)


async def test_what_was_exported_can_be_imported_and_nothing_is_lost(
    admin: httpx.AsyncClient, tx: Transaction, export: Export, write: Import
) -> None:
    product = await full_product(admin, tx)
    before = await shown(admin, "jumper", ids=False)

    text = await export("complete=true")
    good(await admin.delete(f"/admin/products/{product['id']}"))
    ids = ("Product Id", "Variant Id")
    rows = lines(text)
    fresh = StringIO()
    writer = csv.DictWriter(fresh, [name for name in rows[0] if name not in ids])
    writer.writeheader()
    writer.writerows({k: v for k, v in row.items() if k not in ids} for row in rows)
    told = await write(fresh.getvalue())

    assert told["description"] == "Product import of file products.csv completed successfully!"
    assert await shown(admin, "jumper", ids=False) == before


async def test_an_export_imported_again_changes_nothing(
    admin: httpx.AsyncClient, tx: Transaction, export: Export, write: Import
) -> None:
    await full_product(admin, tx)
    before = await shown(admin, "jumper", ids=True)

    told = await write(await export("complete=true"))

    assert "errors" not in told
    assert await shown(admin, "jumper", ids=True) == before


async def test_the_columns_of_an_export_are_those_of_the_reference(
    admin: httpx.AsyncClient, tx: Transaction, export: Export
) -> None:
    await full_product(admin, tx)

    [first, second] = lines(await export(""))

    own = "Id,Handle,Title,Subtitle,Status,External Id,Description,Is Giftcard,Discountable"
    own += ",Thumbnail,Collection Id,Type Id,Weight,Length,Height,Width,Hs Code,Origin Country"
    own += ",Mid Code,Material,Created At,Updated At,Deleted At,Image 1,Image 2,Image 3,Tag 1"
    own += ",Sales Channel 1"
    variant = "Id,Title,Sku,Barcode,Ean,Upc,Allow Backorder,Manage Inventory,Hs Code"
    variant += ",Origin Country,Mid Code,Material,Weight,Length,Height,Width,Metadata,Variant Rank"
    variant += ",Thumbnail,Product Id,Created At,Updated At,Deleted At,Price USD,Price EUR"
    variant += ",Price Nord [EUR],Option 1 Id,Option 1 Name,Option 1 Value,Option 2 Id"
    variant += ",Option 2 Name,Option 2 Value,Image 1,Image 2,Image 3"
    assert list(first) == [
        *(f"Product {name}" for name in own.split(",")),
        *(f"Variant {name}" for name in variant.split(",")),
    ]
    assert first["Product Subtitle"] == "'=1+1"
    assert first["Product Created At"].endswith("GMT+0000 (Coordinated Universal Time)")
    assert (first["Variant Price EUR"], first["Variant Price Nord [EUR]"]) == ("9.95", "8")
    assert (second["Variant Price USD"], second["Variant Manage Inventory"]) == ("11", "false")


async def test_fields_choose_columns_and_filters_choose_products(
    admin: httpx.AsyncClient, tx: Transaction, export: Export
) -> None:
    await make_product(tx, title="A", handle="a")
    await make_product(tx, title="B", handle="b")

    text = await export("fields=title,*tags&handle=b&limit=1")

    assert [row["Product Title"] for row in lines(text)] == ["B"]
    assert text.splitlines()[0] == "Product Id,Product Handle,Product Title"
    assert await export("id=nobody") == ""


async def test_every_bad_row_is_named_with_its_line_and_column(admin: httpx.AsyncClient) -> None:
    text = (
        f"{SIMPLE},Product Weight,Variant Price EUR,Variant Sku,Variant Manage Inventory\n"
        'a,"Two\nlines",S,Size,S,heavy,1,X,true\n'
        ",No handle,S,Size,S,,1,,\n"
        "b,B,S,Size,S,,cheap,X,maybe\n"
        "c,,,Size,S,,1,,\n"
        "d,D,S,Size,S,,-1,,\n"
    )

    answer = await sent(admin, text)

    assert refused(answer) == (
        'Row 1: Invalid value provided for "product weight". Expected value to be a number,'
        ' received "heavy"'
    )
    told = [(one["line"], one["column"]) for one in answer.json()["errors"]]
    assert told == [
        (2, "Product Weight"),
        (4, ""),
        (5, "Variant Manage Inventory"),
        (5, "Variant Price EUR"),
        (6, "Product Title"),
        (6, "Variant Title"),
        (7, "Variant Price EUR"),
    ]


async def test_a_line_of_very_many_columns_is_read_in_the_time_of_its_length(
    admin: httpx.AsyncClient,
) -> None:
    begun = time.perf_counter()

    answer = await sent(admin, ",".join(f"column {number}" for number in range(100_000)))

    assert refused(answer).startswith('Invalid column name(s) "column 0"')
    assert time.perf_counter() - begun < 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("foo,bar\n1,2\n", 'Invalid column name(s) "foo","bar"'),
        ("Product Handle,Product Bar\na,b\n", 'Invalid column name(s) "Product Bar"'),
        ("", "The file is empty: its first line must name the columns"),
        (
            "Product Title\nA\n",
            "Row 1: Missing product id and handle. One of these columns are required to process"
            " the row",
        ),
        (f"{SIMPLE}\na,b,c,d,e,f\n", "Row 1: 6 cells, but there are 5 columns"),
        (f"{SIMPLE},product title\n", 'Column name(s) that stand twice "Product Title"'),
        (f"{SIMPLE}\n\udcff,b,c,d,e\n", "The file cannot be read: "),
        (f"{SIMPLE}\na,\0,c,d,e\n", "Row 1: A cell holds the character NUL"),
        (
            f"{SIMPLE},Variant Sku\na,A,S,Size,S,x\nb,B,S,Size,S,x\n",
            'The sku "x" stands on line 2 already',
        ),
    ],
)  # fmt: skip
async def test_what_is_no_file_of_products_is_refused(
    admin: httpx.AsyncClient, text: str, message: str
) -> None:
    file = {"file": ("a.csv", text.encode("utf-8", "surrogateescape"), "text/csv")}

    answer = await admin.post("/admin/products/import", files=file)

    assert refused(answer).startswith(message)
    assert good(await admin.get("/admin/products/imports"))["count"] == 0


async def test_nothing_is_written_when_anything_is_wrong(
    admin: httpx.AsyncClient, tx: Transaction, write: Import
) -> None:
    await make_product(tx, title="Taken", handle="taken")
    text = (
        f"{SIMPLE},Variant Sku,Product Tag 1,Variant Price EUR,Variant Price XXX\n"
        "good,Good,S,Size,S,g,,,\n"
        "taken,Taken,S,Size,S,t,,,\n"
        "tagged,Tagged,S,Size,S,u,nobody,,\n"
        "rich,Rich,S,Size,S,r,,4,5\n"
        "bare,Bare,S,,,,,,\n"
    )

    told = await write(text)

    assert told["description"] == "Failed to import products from file products.csv"
    assert (told["title"], told["written"], told["error_count"]) == ("Product import", 0, 4)
    named = [(one["line"], one["column"], one["message"]) for one in told["errors"]]
    assert named == [
        (3, "Product Handle", "Product with handle: taken, already exists."),
        (4, "Product Tag 1", 'There is no product tag "nobody"'),
        (5, "Variant Price XXX", "Currency with code: xxx was not found"),
        (6, "Variant Option 1 Name", "Product options are not provided for: [Bare]."),
    ]
    assert good(await admin.get("/admin/products?handle=good"))["count"] == 0
    [failed] = good(await admin.get("/admin/products/imports"))["product_imports"]
    assert (failed["state"], failed["done"], failed["to_create"]) == ("failed", 0, 5)


async def test_an_update_changes_what_has_a_cell_and_lists_replace(
    admin: httpx.AsyncClient, write: Import
) -> None:
    await write(
        f"{SIMPLE},Variant Price EUR,Variant Price USD,Product Subtitle\n"
        "a,A,S,Size,S,1,2,sub\na,A,M,Size,M,3,4,\n"
    )
    [before] = good(await admin.get("/admin/products?handle=a"))["products"]
    first = before["variants"][0]["id"]

    told = await write(
        "Product Id,Product Title,Product Subtitle,Variant Id,Variant Title,Variant Price EUR,"
        "Variant Option 1 Name,Variant Option 1 Value\n"
        f"{before['id']},A2,,{first},S,5,,\n{before['id']},A2,,,L,6,Size,L\n"
    )

    [after] = good(await admin.get("/admin/products?handle=a"))["products"]
    assert "errors" not in told
    assert (after["title"], after["subtitle"]) == ("A2", "sub")
    shown = [
        (one["title"], [(p["currency_code"], p["amount"]) for p in one["prices"]])
        for one in after["variants"]
    ]
    assert shown == [("S", [("eur", 5)]), ("L", [("eur", 6)])]
    assert after["variants"][0]["id"] == first
    assert after["options"][0]["id"] == before["options"][0]["id"]
