"""`merx import` and `merx export`, and the files of other shops."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from merx.cli.database import run_in_transaction
from merx.core.database import Transaction
from tests.factories.products import make_location
from tests.sql import fetch_value

from .conftest import Ended, Merx

SHOPIFY = """\
Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,\
Option2 Name,Option2 Value,Option3 Name,Option3 Value,Variant SKU,Variant Grams,\
Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,\
Variant Compare At Price,Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,\
Image Position,Image Alt Text,Gift Card,SEO Title,SEO Description,Variant Image,\
Variant Weight Unit,Cost per item,Status
tee,Linen Tee,"<p>Soft, ""light""</p>",Acme,Apparel > Shirts,Tops,"summer, linen",true,Size,S,\
Color,White,,,TEE-S-W,180,shopify,12,deny,29.00,39.00,true,true,'0123,https://e.test/2.jpg,2,Back,\
false,Tee SEO,,https://e.test/w.jpg,g,9.5,active
tee,,,,,,,,,M,,White,,,TEE-M-W,190,shopify,-3,continue,29.00,,true,true,,https://e.test/1.jpg,1,,\
,,,,g,,
tee,,,,,,,,,,,,,,,,,,,,,,,,https://e.test/3.jpg,3,,,,,,,,
card,Gift Card,,Acme,,,,false,Title,Default Title,,,,,,0,,,deny,50,,false,false,,,,,true,,,,,,active
"""

WOO = """\
ID,Type,SKU,Name,Published,Short description,Description,Tax status,Tax class,In stock?,Stock,\
Backorders allowed?,Weight (kg),Length (cm),Width (cm),Height (cm),Sale price,Regular price,\
Date sale price starts,Date sale price ends,Categories,Tags,Shipping class,Images,Parent,\
Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,Attribute 1 global
31,variation,HOOD-L,Hoodie - Large,1,,,taxable,,1,4,1,0.6,,,,35,45,,,,,,https://e.test/l.jpg,id:30,\
Size,L,,1
30,variable,HOOD,Hoodie,1,Warm,A warm hoodie,taxable,,1,,0,,,,,,,,,"Clothing > Hoodies, Sale",\
"warm, new",parcel,"https://e.test/a.jpg, https://e.test/b.jpg",,Size,"S, L",1,1
32,variation,HOOD-S,Hoodie - Small,1,,,taxable,,1,,0,0.5,,,,,44,,,,,,,HOOD,Size,S,,1
40,"simple, virtual",CAP,Cap,0,,,taxable,,1,,0,,10,,,,15.50,,,,,,,,Brand,Acme,1,1
"""

SIMPLE = (
    "Product Handle,Product Title,Variant Title,Variant Sku,Variant Option 1 Name,"
    "Variant Option 1 Value,Variant Price EUR\n"
)


def told(ended: Ended) -> list[str]:
    """The lines on stderr, behind the one that names the database."""
    return [line for line in ended.err.splitlines() if not line.startswith("Database: ")]


def simple(count: int) -> str:
    return SIMPLE + "".join(f"p-{n},P {n},S,sku-{n},Size,S,{n}.5\n" for n in range(count))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "products.csv"


def products(url: str) -> dict[str, dict[str, Any]]:
    """What the shop shows of its products, by handle."""
    found = fetch_value(
        url,
        """SELECT json_object_agg(p.handle, json_build_object(
          'title', p.title, 'status', p.status, 'metadata', p.metadata, 'text', p.description,
          'external_id', p.external_id, 'gift', p.is_giftcard,
          'type', (SELECT value FROM product_type t WHERE t.id = p.type_id),
          'tags', (SELECT json_agg(t.value ORDER BY t.value) FROM product_tags l
            JOIN product_tag t ON t.id = l.product_tag_id WHERE l.product_id = p.id),
          'categories', (SELECT json_agg(c.handle ORDER BY c.handle)
            FROM product_category_product l JOIN product_category c
            ON c.id = l.product_category_id WHERE l.product_id = p.id),
          'images', (SELECT json_agg(i.url ORDER BY i.rank) FROM image i
            WHERE i.product_id = p.id),
          'variants', (SELECT json_agg(json_build_object('title', v.title, 'sku', v.sku,
              'barcode', v.barcode, 'weight', v.weight, 'backorder', v.allow_backorder,
              'metadata', v.metadata, 'thumbnail', v.thumbnail,
              'price', (SELECT json_agg(r.amount || ' ' || r.currency_code) FROM price r
                WHERE r.price_set_id = v.price_set_id),
              'stock', (SELECT sum(l.stocked_quantity) FROM product_variant_inventory_item i
                JOIN inventory_level l ON l.inventory_item_id = i.inventory_item_id
                WHERE i.variant_id = v.id)) ORDER BY v.id)
            FROM product_variant v WHERE v.product_id = p.id)))::text FROM product p""",
    )
    return json.loads(found) if found else {}


async def _hall(tx: Transaction) -> str:
    return await make_location(tx, "Hall")


def test_a_file_of_shopify_is_read(merx: Merx, clone_url: str, file: Path) -> None:
    run_in_transaction(clone_url, _hall)
    file.write_text(SHOPIFY)

    ended = merx("import", str(file), "--currency", "usd", DATABASE_URL=clone_url)

    assert (ended.code, ended.out) == (0, "2 products are written (2 to create, 0 to update).\n")
    found = products(clone_url)
    tee, card = found["tee"], found["card"]
    [small, medium] = tee.pop("variants")
    assert tee == {
        "title": "Linen Tee", "status": "published", "text": '<p>Soft, "light"</p>',
        "metadata": {"vendor": "Acme", "seo_title": "Tee SEO"}, "external_id": None,
        "type": "Tops", "tags": ["linen", "summer"], "categories": ["apparel-shirts"],
        "gift": False,
        "images": [*(f"https://e.test/{n}.jpg" for n in (1, 2, 3)), "https://e.test/w.jpg"],
    }  # fmt: skip
    assert small == {
        "title": "S / White", "sku": "TEE-S-W", "barcode": "0123", "weight": 180,
        "backorder": False, "price": ["29.00 usd"], "stock": 12,
        "thumbnail": "https://e.test/w.jpg",
        "metadata": {"compare_at_price": "39.00", "cost_per_item": "9.5", "taxable": "true",
                     "requires_shipping": "true", "weight_unit": "g"},
    }  # fmt: skip
    assert (medium["title"], medium["backorder"], medium["stock"]) == ("M / White", True, 0)
    assert (card["status"], card["gift"], card["images"]) == ("draft", True, None)
    assert (card["variants"][0]["title"], card["variants"][0]["stock"]) == ("Default Title", None)


def test_a_file_of_woocommerce_is_read(merx: Merx, clone_url: str, file: Path) -> None:
    run_in_transaction(clone_url, _hall)
    file.write_text(WOO)

    ended = merx("import", str(file), "--currency", "eur", DATABASE_URL=clone_url)

    assert (ended.code, ended.out) == (0, "2 products are written (2 to create, 0 to update).\n")
    found = products(clone_url)
    hoodie, cap = found["hoodie"], found["cap"]
    assert (hoodie["external_id"], hoodie["text"]) == ("30", "A warm hoodie")
    assert hoodie["categories"] == ["clothing-hoodies", "sale"]
    assert hoodie["tags"] == ["new", "warm"]
    assert hoodie["images"] == [f"https://e.test/{name}.jpg" for name in "abl"]
    assert hoodie["metadata"]["shipping_class"] == "parcel"
    shown = [(v["sku"], v["title"], v["price"], v["stock"]) for v in hoodie["variants"]]
    assert shown == [("HOOD-L", "L", ["45 eur"], 4), ("HOOD-S", "S", ["44 eur"], None)]
    assert hoodie["variants"][0]["metadata"] == {"sale_price": "35"}
    assert (hoodie["variants"][0]["weight"], hoodie["variants"][0]["backorder"]) == (600, True)
    assert (cap["status"], cap["variants"][0]["price"]) == ("draft", ["15.50 eur"])


def test_what_is_wrong_is_named_and_nothing_is_written(
    merx: Merx, clone_url: str, file: Path
) -> None:
    file.write_text(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price,Cleverness,Status\n"
        "a,A,Size,S,cheap,5,gone\nb,,Size,S,1,,\n"
    )
    unknown = merx("import", str(file), DATABASE_URL=clone_url)
    bad = merx("import", str(file), "--keep-unknown", DATABASE_URL=clone_url)
    file.write_text("Type,SKU,Name,Regular price,Parent\nvariation,a,A,1,id:9\nbooking,b,B,1,\n")
    lost = merx("import", str(file), DATABASE_URL=clone_url)

    assert (unknown.code, bad.code, lost.code) == (1, 1, 1)
    assert told(unknown) == [
        'merx: Invalid column name(s) "Cleverness". --keep-unknown keeps them in metadata'
    ]
    assert told(bad) == [
        "Kept in metadata: Cleverness",
        'line 2, Status: Row 1: Invalid value provided for "status". Expected value to be one of'
        ' active, draft, archived, received "gone"',
        'line 2, Variant Price: Row 1: Invalid value provided for "variant price". Expected value'
        ' to be a number, received "cheap"',
        "line 3, Title: Row 2: Missing product title",
        "merx: 3 rows are wrong",
    ]
    assert told(lost) == [
        'line 2: Row 1: The product "id:9" that it belongs to is not in the file',
        'line 3, Type: Row 2: Products of type "booking" cannot be sold here',
        "merx: 2 rows are wrong",
    ]
    assert products(clone_url) == {}


def test_what_was_imported_is_exported_again(merx: Merx, clone_url: str, file: Path) -> None:
    file.write_text(simple(230).replace("p-0,P 0,S", "p-0,P 0,-S"))

    dry = merx("import", str(file), "--dry-run", DATABASE_URL=clone_url)
    nothing = products(clone_url)
    done = merx("import", str(file), DATABASE_URL=clone_url)
    again = merx("import", str(file), DATABASE_URL=clone_url)
    updated = merx("import", str(file), "--update", DATABASE_URL=clone_url)
    out = file.with_name("out.csv")
    written = merx("export", str(out), DATABASE_URL=clone_url)
    piped = merx("export", "-", DATABASE_URL=clone_url)
    anew = merx("import", str(out), "--dry-run", DATABASE_URL=clone_url)

    assert dry.out == "No errors: 230 to create, 0 to update. Nothing was written.\n"
    assert nothing == {}
    assert done.out == "230 products are written (230 to create, 0 to update).\n"
    assert "Writing 230 of 230 (100 %)" in done.err
    assert (again.code, len(told(again))) == (1, 103)
    assert again.err.endswith("merx: 230 rows are wrong; the first 100 are shown\n")
    assert updated.code == 0
    assert written.err.splitlines()[-2:] == ["Products 230 of 230 (100 %)", "Wrote 230 products."]
    rows = list(csv.DictReader(StringIO(out.read_text())))
    assert [row["Variant Sku"] for row in rows] == [f"sku-{n}" for n in range(230)]
    assert rows[0]["Variant Title"] == "'-S"
    assert anew.out == "No errors: 0 to create, 230 to update. Nothing was written.\n"
    assert piped.out == out.read_text()
    assert told(piped) == told(written)
    assert list(file.parent.glob(".*")) == []


def test_an_import_that_was_cut_off_goes_on(
    merx: Merx, clone_url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(simple(450))

    cut = _cut_off_after(merx, clone_url, file, 2, monkeypatch)
    half = fetch_value(clone_url, "SELECT count(*) FROM product")
    ended = merx("import", str(file), DATABASE_URL=clone_url)

    assert (cut.code, cut.err.splitlines()[-1]) == (
        1,
        "merx: The database went away; run the same command again to continue",
    )
    assert half == 200
    assert "Continuing after 200 products already written." in ended.err
    assert ended.out == "450 products are written (450 to create, 0 to update).\n"
    assert fetch_value(clone_url, "SELECT count(*) FROM product") == 450
    assert fetch_value(clone_url, "SELECT state FROM product_import") == "done"


def _cut_off_after(
    merx: Merx, url: str, file: Path, part: int, monkeypatch: pytest.MonkeyPatch
) -> Ended:
    """The database goes away while the part is written: a trigger ends its own connection."""

    async def spring(tx: Transaction) -> None:
        await tx.execute(
            "CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF NEW.done > {200 * (part - 1)} THEN"
            " PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER cut_off BEFORE UPDATE ON product_import"
            " FOR EACH ROW EXECUTE FUNCTION cut_off()"
        )

    async def disarm(tx: Transaction) -> None:
        await tx.execute("DROP TRIGGER cut_off ON product_import")

    run_in_transaction(url, spring)
    ended = merx("import", str(file), DATABASE_URL=url)
    run_in_transaction(url, disarm)
    return ended
