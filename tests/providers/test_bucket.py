"""Files in a bucket: the same promises as in a folder, kept by a server that speaks S3."""

import logging
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI
from moto.server import ThreadedMotoServer

from merx.providers.file import ListedFile, OutOfRange, Piece, StoredFiles
from tests.answers import good


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server with the bucket `shop`."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    assert httpx.put(f"{url}/shop").status_code == 200
    yield url
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> StoredFiles:
    """Files kept there, by settings that people of AWS know."""
    for name, value in {
        "ENDPOINT_URL": endpoint,
        "ACCESS_KEY_ID": "key",
        "SECRET_ACCESS_KEY": "secret",
        "REGION": "eu-central-1",
        "ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    return StoredFiles("s3://shop/files")


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def content(files: StoredFiles, key: str, piece: Piece | None = None) -> bytes | None:
    found = await files.read(key, piece)
    return None if found is None else b"".join([chunk async for chunk in found.chunks])


async def test_a_file_of_several_parts_is_kept_and_read_in_pieces(bucket: StoredFiles) -> None:
    whole = b"0123456789" * 600_000

    await bucket.write("large.png", chunks(whole[:4_000_000], whole[4_000_000:]))

    assert await content(bucket, "large.png") == whole
    assert await content(bucket, "large.png", Piece(2, 5)) == b"2345"
    assert await content(bucket, "large.png", Piece(suffix=3)) == b"789"
    with pytest.raises(OutOfRange):
        await bucket.read("large.png", Piece(7_000_000))


async def test_files_are_listed_and_forgotten(bucket: StoredFiles) -> None:
    await bucket.write("a.csv", chunks(b"a"))
    await bucket.write("a.csv", chunks(b"abc"))

    listed = {file.key: file.size async for file in bucket.listed()}
    assert listed["a.csv"] == 3
    assert await bucket.has("a.csv")
    assert isinstance(await anext(bucket.listed()), ListedFile)
    for _ in range(2):
        await bucket.delete("a.csv")
        assert await content(bucket, "a.csv") is None
    assert not await bucket.has("a.csv")


async def test_what_fails_on_the_way_leaves_nothing(bucket: StoredFiles) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 6_000_000
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await bucket.write("torn.png", broken())

    assert not await bucket.has("torn.png")


async def test_uploads_and_static_files_of_a_shop_lie_in_the_bucket(
    bucket: StoredFiles, app: FastAPI, admin: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    own, app.state.files = app.state.files, bucket
    part = ("files", ("shirt.png", b"0123456789", "image/png"))

    [kept] = good(await admin.post("/admin/uploads", files=[part]))["files"]
    path = f"/static/{kept['id']}"
    whole, piece = await client.get(path), await client.get(path, headers={"range": "bytes=2-4"})
    deleted = await admin.delete(f"/admin/uploads/{kept['id']}")
    after = await client.get(path)

    app.state.files = own
    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert (piece.status_code, piece.content) == (206, b"234")
    assert (deleted.status_code, after.status_code) == (200, 404)
