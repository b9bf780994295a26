"""Imports of products: who confirms them, and what becomes of those that nobody confirms."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Database, Transaction
from merx.providers.file import StoredFiles
from merx.subscribers.product_import import tidy_imports
from tests.answers import good, refused
from tests.factories.product_files import SIMPLE, sent


@pytest.fixture(autouse=True)
def files(app: FastAPI, tmp_path: Path):
    own, app.state.files = app.state.files, StoredFiles(str(tmp_path / "files"))
    yield app.state.files
    app.state.files = own


async def test_an_import_is_confirmed_once_and_only_if_it_is_known(
    admin: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    asked = (await sent(admin, f"{SIMPLE}\na,A,S,Size,S\nb,B,S,Size,S\na,A,M,Size,M\n")).json()

    again = [
        await admin.post(f"/admin/products/imports/{asked['transaction_id']}/confirm")
        for _ in range(2)
    ]

    assert asked["summary"] == {"toCreate": 2, "toUpdate": 0}
    assert again[0].status_code == 202
    words = f"Transaction {asked['transaction_id']} could not be found."
    assert refused(again[1], 404) == words
    none = await admin.post("/admin/products/import")
    assert refused(none) == "No file was uploaded for importing"
    assert (await sent(client, SIMPLE)).status_code == 401


async def test_a_file_that_was_uploaded_before_is_imported(admin: httpx.AsyncClient) -> None:
    file = ("files", ("a.csv", f"{SIMPLE}\na,A,S,Size,S\n".encode(), "text/csv"))
    [kept] = good(await admin.post("/admin/uploads", files=[file]))["files"]
    body = {"originalname": "a.csv", "extension": "csv", "size": 9, "mime_type": "text/csv"}

    asked = await admin.post("/admin/products/imports", json={"file_key": kept["id"], **body})
    lost = await admin.post("/admin/products/imports", json={"file_key": "nope", **body})

    assert (asked.status_code, asked.json()["summary"]) == (202, {"toCreate": 1, "toUpdate": 0})
    assert refused(lost, 404) == "File with key nope not found"


async def test_an_import_that_nobody_confirms_is_forgotten_with_its_file(
    admin: httpx.AsyncClient, database: Database, tx: Transaction, files: StoredFiles
) -> None:
    names = ("old", "confirmed", "young")
    asked = {
        name: (await sent(admin, f"{SIMPLE}\n{name},A,S,Size,S\n")).json()["transaction_id"]
        for name in names
    }
    await admin.post(f"/admin/products/import/{asked['confirmed']}/confirm")
    await tx.execute(
        "UPDATE product_import SET created_at = now() - interval '25 hours' WHERE id <> $1",
        asked["young"],
    )
    keys = {row["id"]: row["file_key"] for row in await tx.fetch("SELECT * FROM product_import")}

    await tidy_imports(database, files)

    shown = good(await admin.get("/admin/products/imports"))["product_imports"]
    assert {one["id"] for one in shown} == {asked["confirmed"], asked["young"]}
    left = {name: await files.has(keys[import_id]) for name, import_id in asked.items()}
    assert left == {"old": False, "confirmed": True, "young": True}


async def test_a_file_as_large_as_100_000_variants_is_taken(admin: httpx.AsyncClient) -> None:
    rows = "".join(f"p{place},A,S,Size,S,{'x' * 600_000}\n" for place in range(100))

    answer = await sent(admin, f"{SIMPLE},Product Description\n{rows}")

    assert len(rows) > 57_000_000
    assert (answer.status_code, answer.json()["summary"]["toCreate"]) == (202, 100)
