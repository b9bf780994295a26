"""ETags on store reads: what a client has already is not sent again."""

import httpx
import pytest

from merx.core.database import Transaction
from merx.web.etags import etag_of, is_known, is_matched
from tests.answers import good
from tests.factories.catalogue import make_region
from tests.factories.window import Window

PATHS = ("/store/regions", "/store/products")


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_unchanged_is_not_sent_again(
    path: str, client: httpx.AsyncClient, window: Window
) -> None:
    first = await client.get(path, headers=window.headers)
    etag = first.headers["etag"]

    again = await client.get(
        path, headers={**window.headers, "if-none-match": f'"other", W/{etag}'}
    )

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["etag"] == etag
    assert "content-length" not in again.headers
    assert etag == etag_of(first.content)


async def test_a_change_is_sent(tx: Transaction, client: httpx.AsyncClient, window: Window) -> None:
    etag = (await client.get("/store/regions", headers=window.headers)).headers["etag"]
    await make_region(tx, "eur", "Moon")

    answer = await client.get("/store/regions", headers={**window.headers, "if-none-match": etag})

    assert "Moon" in str(good(answer))
    assert answer.headers["etag"] != etag


async def test_a_refusal_has_no_etag(client: httpx.AsyncClient, window: Window) -> None:
    answer = await client.get(
        "/store/products/none", headers={**window.headers, "if-none-match": "*"}
    )

    assert answer.status_code == 404
    assert "etag" not in answer.headers


def test_weak_tags_serve_reads_and_no_changes() -> None:
    etag = etag_of(b"{}")

    assert is_known(f"W/{etag}", etag)
    assert not is_matched(f"W/{etag}", etag)
    assert is_matched(f'"a", {etag}', etag)
    assert is_matched("*", etag)
    assert not is_known('"a"', etag)
