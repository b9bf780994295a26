"""The dashboard in headless Chromium, on a shop that moved in.

It runs where Chromium, playwright and a dashboard are: `merx dashboard install` builds one into
.merx/dashboard, `TEST_DASHBOARD` names another. Pictures go to the test's folder.
"""

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import ROOT
from tests.moving.medusa import build
from tests.moving.test_move import run_move
from tests.server import address_of, started

sync_api: Any = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FOLDER = Path(os.environ.get("TEST_DASHBOARD", ROOT / ".merx" / "dashboard"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(not (FOLDER / "index.html").exists(), reason="no dashboard is built"),
]


@pytest.fixture
def shop(empty_url: str, clone_url: str, tmp_path: Path) -> Iterator[str]:
    """The address of a running shop with products and orders."""
    asyncio.run(build(empty_url))
    asyncio.run(run_move(empty_url, clone_url))
    options = {"DATABASE_URL": clone_url, "DASHBOARD": str(FOLDER)}
    with started(tmp_path, "--port", "0", **options) as process:
        yield address_of(process)


def test_log_in_an_order_a_product_with_variants_and_settings(shop: str, tmp_path: Path) -> None:
    refused: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(f"{shop}/app")
        page.fill("input[name=email]", "admin@test.com")
        page.fill("input[name=password]", "supersecret")
        page.click("button[type=submit]")
        page.wait_for_url("**/app/orders**")
        page.on("pageerror", lambda error: refused.append(str(error)))
        page.on("response", lambda answer: _note(refused, answer))

        page.get_by_text("#1", exact=True).click()
        page.get_by_text("Order Total").wait_for()
        page.screenshot(path=tmp_path / "order.png")
        page.goto(f"{shop}/app/products")
        page.get_by_text("Product 1", exact=True).click()
        page.get_by_text("SKU-1-S").wait_for()
        page.screenshot(path=tmp_path / "product.png", full_page=True)
        page.goto(f"{shop}/app/settings/store")
        page.get_by_text("US Dollar").wait_for()
        page.goto(f"{shop}/app/settings/regions")
        page.get_by_text("Europe", exact=True).wait_for()
        page.screenshot(path=tmp_path / "regions.png")
        browser.close()

    assert refused == []


def _note(refused: list[str], answer: Any) -> None:
    # The pictures of the recorded shop are nowhere.
    if answer.status >= 400 and "x.test" not in answer.url:
        refused.append(f"{answer.status} {answer.url}")
