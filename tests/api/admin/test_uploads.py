"""Files of the shop: kept by upload, read at /static, and never a page of the shop's origin."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from merx.providers.file import StoredFiles
from tests.answers import good, refused


@pytest.fixture(autouse=True)
def files(app: FastAPI, tmp_path) -> Iterator[StoredFiles]:
    own, app.state.files = app.state.files, StoredFiles(str(tmp_path / "files"))
    yield app.state.files
    app.state.files = own


async def upload(admin: httpx.AsyncClient, *sent: tuple[str, bytes, str]) -> list[dict[str, str]]:
    parts = [("files", file) for file in sent]
    return good(await admin.post("/admin/uploads", files=parts))["files"]


async def read(client: httpx.AsyncClient, file: dict[str, str], **headers: str) -> httpx.Response:
    return await client.get(f"/static/{file['id']}", headers=headers)


async def test_uploaded_files_are_read_by_anybody_who_knows_their_key(admin, client) -> None:
    front, back = await upload(
        admin, ("front é.png", b"\x89PNG", "image/png"), ("notes.txt", b"hello", "text/plain")
    )

    shown = await read(client, front)

    assert front["url"] == f"http://localhost:9000/static/{front['id']}"
    assert front["id"].endswith("-front-e.png")
    assert (shown.content, shown.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert shown.headers["content-disposition"] == "inline"
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await read(client, back)).text == "hello"
    assert good(await admin.get(f"/admin/uploads/{back['id']}")) == {"file": back}
    assert good(await admin.get(f"/admin/uploads/{back['id']}?fields=id")) == {
        "file": {"id": back["id"]}
    }


async def test_a_deleted_file_is_gone_and_deleting_it_again_succeeds(admin, client) -> None:
    [file] = await upload(admin, ("a.png", b"a", "image/png"))

    for _ in range(2):
        deleted = good(await admin.delete(f"/admin/uploads/{file['id']}"))

    assert deleted == {"id": file["id"], "object": "file", "deleted": True}
    assert (await read(client, file)).status_code == 404
    answer = await admin.get(f"/admin/uploads/{file['id']}")
    assert refused(answer, 404) == f"File with key {file['id']} not found"


@pytest.mark.parametrize("name", ["page.html", "logo.svg", "code.js", "data.xml", "doc.pdf", "x"])
async def test_a_file_that_could_hold_a_script_is_saved_and_sandboxed(admin, client, name) -> None:
    [file] = await upload(admin, (name, b"<script>alert(1)</script>", "image/png"))

    answer = await read(client, file)

    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["../../evil.png", "/etc/passwd", "a/b\\c.png", "..", "\x00.png"])
async def test_no_name_leaves_the_folder(admin, client, files, name) -> None:
    [file] = await upload(admin, (name, b"kept", "image/png"))

    assert (await read(client, file)).content == b"kept"
    assert "/" not in file["id"]
    assert not file["id"].startswith(".")


@pytest.mark.parametrize("key", ["nope", "..%2F..%2Fetc%2Fpasswd", "a%00b", "x" * 400])
async def test_what_is_no_key_is_not_found(admin, client, key) -> None:
    assert (await client.get(f"/static/{key}")).status_code == 404
    assert (await admin.get(f"/admin/uploads/{key}")).status_code == 404
    assert (await admin.delete(f"/admin/uploads/{key}")).status_code in (200, 404)


@pytest.mark.parametrize(
    ("asked", "status", "content", "where"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=8-", 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=3-1", 200, b"0123456789", None),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
async def test_a_range_of_bytes(admin, client, asked, status, content, where) -> None:
    [file] = await upload(admin, ("film.mp4", b"0123456789", "video/mp4"))

    answer = await read(client, file, range=asked)

    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers.get("content-range") == where


async def test_a_file_that_the_browser_has_is_not_sent_again(admin, client) -> None:
    [file] = await upload(admin, ("a.png", b"a", "image/png"))
    tag = (await read(client, file)).headers["etag"]

    again = await read(client, file, **{"if-none-match": tag})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


async def test_uploads_that_are_none(admin) -> None:
    none = "No files were uploaded"

    assert refused(await admin.post("/admin/uploads")) == none
    assert refused(await admin.post("/admin/uploads", json={"files": []})) == none
    assert refused(await admin.post("/admin/uploads", data={"files": "text"})) == none
    other = await admin.post("/admin/uploads", files=[("other", ("a.png", b"a", "image/png"))])
    assert refused(other) == "Invalid request: Unrecognized fields: 'other'"
    broken = await admin.post(
        "/admin/uploads",
        content=b"--x\r\nnothing",
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert broken.status_code == 400
    without = await admin.post(
        "/admin/uploads", content=b"x", headers={"content-type": "multipart/form-data"}
    )
    assert without.status_code == 400


async def test_an_upload_beyond_the_limit_keeps_nothing(app, admin, tmp_path) -> None:
    own = app.state.settings
    app.state.settings = own.model_copy(update={"max_upload_bytes": 1000})
    parts = [("files", (f"{name}.png", b"x" * 600, "image/png")) for name in "ab"]

    answer = await admin.post("/admin/uploads", files=parts)

    app.state.settings = own
    assert refused(answer, 413) == "Files are larger than the limit of 1000 bytes in all"
    folder = tmp_path / "files"
    assert not folder.exists() or list(folder.iterdir()) == []


async def test_nobody_unknown_uploads(client) -> None:
    parts = [("files", ("a.png", b"a", "image/png"))]

    assert (await client.post("/admin/uploads", files=parts)).status_code == 401
    assert (await client.delete("/admin/uploads/x")).status_code == 401


async def test_a_presigned_upload_goes_to_the_uploads(admin) -> None:
    body = {"originalname": "x.csv", "mime_type": "text/csv", "size": 10}

    told = good(await admin.post("/admin/uploads/presigned-urls", json=body))

    assert told.pop("filename").endswith(".csv")
    assert told == {"url": "/admin/uploads", "extension": "csv", **body}
    unknown = await admin.post("/admin/uploads/presigned-urls", json={**body, "mime_type": "nope"})
    assert refused(unknown) == 'Invalid file type "nope"'
