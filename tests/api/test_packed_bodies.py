"""Bodies that are compressed or declared as UTF-8."""

import gzip
import json
import zlib

import httpx
import pytest
from fastapi import FastAPI

PATH = "/admin/product-types?fields=value"


async def post(admin: httpx.AsyncClient, body: bytes, encoding: str) -> httpx.Response:
    headers = {"content-type": "application/json", "content-encoding": encoding}
    return await admin.post(PATH, content=body, headers=headers)


@pytest.mark.parametrize(
    ("pack", "encoding"),
    [(gzip.compress, "gzip"), (zlib.compress, "deflate"), (bytes, "identity"), (bytes, "")],
)
async def test_packed_bodies_are_read(admin: httpx.AsyncClient, pack, encoding: str) -> None:
    answer = await post(admin, pack(json.dumps({"value": "Shirt"}).encode()), encoding)

    assert answer.json()["product_type"]["value"] == "Shirt"


async def test_an_unknown_packing_is_refused(admin: httpx.AsyncClient) -> None:
    answer = await post(admin, b'{"value": "Shirt"}', "br")

    assert answer.status_code == 415
    assert answer.json()["message"] == 'unsupported content encoding "br"'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"value": "Shirt"}', "The request body does not match its content-encoding"),
        (gzip.compress(b'{"value": "Shirt"}')[:-10], "unexpected end of file"),
        (b"", "Invalid request: Field 'value' is required"),
    ],
    # The bytes contain the time of compression.
    ids=["not packed", "cut short", "empty"],
)
async def test_a_body_that_is_packed_badly_is_refused(
    admin: httpx.AsyncClient, body: bytes, message: str
) -> None:
    answer = await post(admin, body, "gzip")

    assert (answer.status_code, answer.json()["message"]) == (400, message)


async def test_the_limit_is_that_of_the_unpacked_body(
    admin: httpx.AsyncClient, app: FastAPI
) -> None:
    own = app.state.settings
    app.state.settings = own.model_copy(update={"max_body_bytes": 2000})

    answer = await post(admin, gzip.compress(b'{"value": "%s"}' % (b"x" * 2000)), "gzip")
    app.state.settings = own

    assert answer.status_code == 413


async def test_a_byte_order_mark_is_passed_over(admin: httpx.AsyncClient) -> None:
    answer = await post(admin, b'\xef\xbb\xbf{"value": "Shirt"}', "")

    assert answer.status_code == 200
