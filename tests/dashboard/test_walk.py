"""The dashboard in headless Chromium, on a shop that moved in.

It needs Chromium, playwright and a built dashboard: `make browser` fetches the last two, and asks
before it does. TEST_DASHBOARD names the folder of one that is built already. Pictures and the
requests that the dashboard sent lie in the test's folder afterwards.
"""

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.databases import ROOT
from tests.moving.medusa import build
from tests.moving.test_move import run_move
from tests.server import address_of, started

sync_api: Any = pytest.importorskip("playwright.sync_api", reason="no playwright: make browser")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FOLDER = Path(os.environ.get("TEST_DASHBOARD", ROOT / ".merx" / "dashboard"))
EMAIL, PASSWORD = "admin@test.com", "supersecret"
# Without them a machine that reaches no network waits for it.
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
GO = "to => { history.pushState({}, '', to); dispatchEvent(new PopStateEvent('popstate')) }"
SETTINGS = [
    *("users", "regions", "tax-regions", "locations", "sales-channels", "product-types"),
    *("product-tags", "return-reasons", "refund-reasons", "publishable-api-keys"),
    *("secret-api-keys", "translations", "workflows", "profile", "locations/shipping-profiles"),
]
# The page of one, the list that has it, and the name of it that the page shows.
DETAILS = {
    "customers": ("customers?q=F0", "email"),
    "customer-groups": ("customer-groups", "name"),
    "inventory": ("inventory-items", "title"),
    "promotions": ("promotions", "code"),
    "campaigns": ("campaigns", "name"),
    "price-lists": ("price-lists", "title"),
    "collections": ("collections", "title"),
    "categories": ("product-categories", "name"),
    "settings/regions": ("regions", "name"),
    "settings/locations": ("stock-locations", "name"),
    "settings/locations/shipping-profiles": ("shipping-profiles", "name"),
    "settings/sales-channels": ("sales-channels", "name"),
    "settings/publishable-api-keys": ("api-keys?type=publishable", "title"),
    "settings/users": ("users", "email"),
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(
        not (FOLDER / "index.html").exists(), reason="no dashboard is built: make browser"
    ),
]


@pytest.fixture
def shop(empty_url: str, clone_url: str, tmp_path: Path) -> Iterator[str]:
    """The address of a running shop with products and orders."""
    asyncio.run(build(empty_url))
    asyncio.run(run_move(empty_url, clone_url))
    options = {"DATABASE_URL": clone_url, "DASHBOARD": str(FOLDER)}
    with started(tmp_path, "--port", "0", **options) as process:
        yield address_of(process)


@pytest.fixture
def admin(shop: str) -> Iterator[httpx.Client]:
    """Requests of the person who looks at the dashboard."""
    with httpx.Client(base_url=f"{shop}/admin") as client:
        login = {"email": EMAIL, "password": PASSWORD}
        token = client.post(f"{shop}/auth/user/emailpass", json=login).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


@dataclass
class Walk:
    """A browser's page, and all that it asked the shop."""

    page: Any
    shop: str
    folder: Path
    sent: list[str] = field(default_factory=list[str])
    faults: list[str] = field(default_factory=list[str])
    _open: int = 0

    def __post_init__(self) -> None:
        self.page.set_default_timeout(30_000)
        self.page.on("request", lambda _: self._count(1))
        self.page.on("requestfinished", lambda _: self._count(-1))
        self.page.on("requestfailed", lambda _: self._count(-1))
        self.page.on("response", self._note)

    def log_in(self) -> None:
        self.page.goto(f"{self.shop}/app")
        self.page.fill("input[name=email]", EMAIL)
        self.page.fill("input[name=password]", PASSWORD)
        # Before it the dashboard asks who is logged in, and is told that nobody is.
        self.page.wait_for_load_state("networkidle")
        assert set(self.faults) == {"401 GET /admin/users/me"}
        self.faults.clear()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.click("button[type=submit]")
        self.page.wait_for_url("**/app/orders**")

    def open(self, path: str, *texts: str) -> None:
        """Go there as a link does, and wait for the texts and for the last answer."""
        self.page.evaluate(GO, f"/app/{path}")
        self.sees(*texts)

    def sees(self, *texts: str) -> None:
        for text in texts:
            self.page.locator("main").get_by_text(text).first.wait_for()
        self._settle()

    def keep_picture(self, name: str) -> None:
        self.page.screenshot(path=self.folder / f"{name}.png")

    def _settle(self) -> None:
        self.page.wait_for_timeout(150)
        for _ in range(200):
            if self._open <= 0:
                break
            self.page.wait_for_timeout(50)
        self.page.wait_for_timeout(50)
        body = self.page.locator("main").inner_text()
        if not body.strip() or "error occurred" in body.lower() or "404" in body:
            self.faults.append(f"{self.page.url} shows {body[:200]!r}")

    def _count(self, step: int) -> None:
        self._open += step

    def _note(self, answer: Any) -> None:
        # The pictures of the recorded shop are nowhere.
        if not answer.url.startswith(self.shop):
            return
        line = f"{answer.status} {answer.request.method} {answer.url.removeprefix(self.shop)}"
        if "/app/" not in line:
            self.sent.append(line)
        if answer.status >= 400:
            self.faults.append(line)


@pytest.fixture
def walk(shop: str, tmp_path: Path) -> Iterator[Walk]:
    """A browser that is logged in."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        walk = Walk(browser.new_page(viewport={"width": 1400, "height": 1200}), shop, tmp_path)
        walk.log_in()
        yield walk
        (tmp_path / "requests.txt").write_text("\n".join(walk.sent))
        browser.close()


def test_an_order_a_product_with_variants_settings_and_every_other_page(
    walk: Walk, admin: httpx.Client
) -> None:
    walk.page.get_by_text("#1", exact=True).click()
    walk.page.wait_for_url("**/app/orders/order_**")
    walk.sees("Summary", "Payments", "Activity")
    walk.keep_picture("order")
    walk.open("products", "Product 1")
    walk.page.get_by_text("Product 1", exact=True).click()
    walk.sees("SKU-1-S", "SKU-1-M", "Sales Channels")
    walk.page.get_by_text("SKU-1-S").scroll_into_view_if_needed()
    walk.keep_picture("product")
    walk.page.get_by_text("SKU-1-S").click()
    walk.page.wait_for_url("**/variants/variant_**")
    walk.sees("Prices", "Inventory")
    walk.keep_picture("variant")
    walk.open("settings/store", "US Dollar")
    walk.keep_picture("store")

    for order in admin.get("/orders?fields=id,display_id").json()["orders"]:
        walk.open(f"orders/{order['id']}", "Summary", f"#{order['display_id']}")
    for page, (path, name) in DETAILS.items():
        rows = next(rows for rows in admin.get(f"/{path}").json().values() if rows)
        walk.open(page, "")
        walk.open(f"{page}/{rows[0]['id']}", rows[0][name])
        if page in ("settings/locations", "promotions"):
            walk.keep_picture(page.replace("/", "-"))
    for page in ("reservations", "product-options", *(f"settings/{one}" for one in SETTINGS)):
        walk.open(page, "")

    assert walk.faults == []
    assert len(walk.sent) > 100
    assert any("fulfillment_sets.service_zones" in line for line in walk.sent)
