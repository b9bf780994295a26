"""`/app`: the files of a dashboard, and its page for every other path."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from merx.api.dashboard import dashboard_router
from merx.web.error_answers import add_failure_answers


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Requests to a shop that has a dashboard."""
    folder = tmp_path / "dashboard"
    folder.mkdir()
    (folder / "index.html").write_text("<title>Dashboard</title>")
    (folder / "entry-AB12.js").write_text("start()")
    (tmp_path / "secret").write_text("nobody may know")
    app = FastAPI()
    app.state.hooks = {}
    add_failure_answers(app)
    app.include_router(dashboard_router(folder))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


@pytest.mark.parametrize("path", ["/app", "/app/orders", "/app/products/prod_1?a=b", "/app/a/b/c"])
async def test_every_page_is_the_same_file_which_is_asked_for_anew(
    browser: httpx.AsyncClient, path: str
) -> None:
    answer = await browser.get(path)

    assert (answer.status_code, answer.text) == (200, "<title>Dashboard</title>")
    assert answer.headers["cache-control"] == "no-cache"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_file_is_kept_by_browsers(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/app/entry-AB12.js")

    assert (answer.status_code, answer.text) == (200, "start()")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/app/entry-OLD.js", "/app/old.css"])
async def test_a_file_of_an_older_dashboard_is_not_there(
    browser: httpx.AsyncClient, path: str
) -> None:
    answer = await browser.get(path)

    assert (answer.status_code, answer.json()["type"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/app/../secret", "/app/%2e%2e/secret", "/app/..%2fsecret"])
async def test_no_path_leaves_the_folder(browser: httpx.AsyncClient, path: str) -> None:
    assert "nobody may know" not in (await browser.get(path)).text


async def test_without_a_dashboard_there_is_no_app(client: httpx.AsyncClient) -> None:
    answer = await client.get(str(client.base_url.join("/app")))

    assert answer.status_code == 404
