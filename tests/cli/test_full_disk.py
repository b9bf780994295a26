"""A shop whose disk is full reports it, writes nothing in part, and resumes when there is space."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from merx.core.embedded import EmbeddedPostgres
from tests.answers import good
from tests.server import address_of, said_after, started
from tests.sql import fetch_value

pytestmark = pytest.mark.slow


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that is soon full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=140m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no small file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """A file that leaves no room."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 65536) == 65536:
                pass
        except OSError:
            pass
    return filler


VALUES = [str(number) for number in range(100)]


def shirt(mark: str) -> dict[str, Any]:
    """A product with a hundred variants."""
    variants = [
        {"title": one, "sku": f"{mark}-{one}", "options": {"Size": one}, "prices": []}
        for one in VALUES
    ]
    return {
        "title": mark,
        "options": [{"title": "Size", "values": VALUES}],
        "variants": variants,
    }


Writes = Mapping[str, tuple[str, dict[str, Any]]]


def prepared(admin: httpx.Client) -> Writes:
    """Ordinary changes of many rows, each by its path: more than the room that is left in pages."""
    whole = "id,*variants,*variants.prices,*variants.inventory_items"
    body = {**shirt("Old"), "variants": [
        {**one, "prices": [{"amount": 1, "currency_code": "eur"}]}
        for one in shirt("Old")["variants"]
    ]}  # fmt: skip
    product = good(admin.post("/admin/products", params={"fields": whole}, json=body))["product"]
    place = good(admin.post("/admin/stock-locations", json={"name": "L"}))["stock_location"]["id"]
    price_list = {"title": "Sale", "description": "All"}
    sale = good(admin.post("/admin/price-lists", json=price_list))["price_list"]["id"]
    ids = [one["id"] for one in product["variants"]]
    items = [one["inventory_items"][0]["inventory_item_id"] for one in product["variants"]]
    here = f"/admin/products/{product['id']}/variants"
    long = {"note": "x" * 2000}
    return {
        "product": ("/admin/products", shirt("New")),
        "variants": (
            f"{here}/batch",
            {
                "update": [{"id": one, "title": "Changed", "metadata": long} for one in ids],
            },
        ),
        "links": (
            f"{here}/inventory-items/batch",
            {
                "create": [
                    {"variant_id": one, "inventory_item_id": item, "required_quantity": 2}
                    for one, item in zip(ids, reversed(items), strict=True)
                ],
            },
        ),
        "prices": (
            f"/admin/price-lists/{sale}/prices/batch",
            {
                "create": [{"variant_id": one, "amount": 1, "currency_code": "usd"} for one in ids],
            },
        ),
        "levels": (
            "/admin/inventory-items/location-levels/batch",
            {
                "create": [
                    {"inventory_item_id": item, "location_id": place, "stocked_quantity": 5}
                    for item in items
                ],
            },
        ),
        "customer": (
            "/admin/customers",
            {"email": "a@example.com", "metadata": {str(n): long for n in range(40)}},
        ),
    }


# All rows of all tables that these changes write; the relay notes on events how far it is.
TABLES = (
    "product", "product_variant", "product_option", "product_option_value", "price_set", "price",
    "price_list", "inventory_item", "inventory_level", "inventory_movement", "customer",
    "product_variant_inventory_item", "audit_log", "idempotency_key",
)  # fmt: skip
CONTENTS = "SELECT concat_ws(',', (SELECT count(*) FROM event), {})".format(
    ", ".join(
        f"(SELECT count(*) || '/' || coalesce(sum(hashtext(t::text)), 0) FROM {name} t)"
        for name in TABLES
    )
)


def test_a_full_disk_is_told_and_nothing_is_half_written(disk: Path) -> None:
    with started(disk, "--demo", "--port", "0") as process:
        url = address_of(process)
        login = {
            "email": "admin@example.com",
            "password": said_after(process, "Password: ").split()[0],
        }
        database = EmbeddedPostgres(disk / "postgres").url()
        with httpx.Client(base_url=url, timeout=30) as admin:
            token = admin.post("/auth/user/emailpass", json=login).json()["token"]
            admin.headers["authorization"] = f"Bearer {token}"
            writes = prepared(admin)
            before = fetch_value(database, CONTENTS)
            filler = fill(disk)

            ready, alive = admin.get("/ready"), admin.get("/health")
            told = {name: [sent(admin, name, *writes[name]) for _ in range(2)] for name in writes}
            read = admin.get("/admin/products?q=New&fields=title")
            filler.unlink()
            left = fetch_value(database, CONTENTS)
            again = admin.get("/ready")
            # The same keys: nothing was done under them.
            after = {name: sent(admin, name, *writes[name]) for name in writes}
            repeated = {name: sent(admin, name, *writes[name]) for name in writes}

    assert (ready.status_code, alive.status_code) == (503, 200)
    for name, answers in told.items():
        for one in answers:
            assert (one.status_code, one.headers.get("retry-after")) == (503, "5"), (name, one.text)
            assert one.json()["type"], name
            assert one.json()["message"], name
    assert read.status_code == 200
    assert "New" not in [row["title"] for row in read.json()["products"]]
    assert left == before
    assert again.status_code == 200
    assert {name: one.status_code for name, one in after.items()} == dict.fromkeys(writes, 200)
    assert len(after["product"].json()["product"]["variants"]) == 100
    assert {one.headers.get("idempotent-replayed") for one in repeated.values()} == {"true"}
    assert {name: one.content for name, one in repeated.items()} == {
        name: one.content for name, one in after.items()
    }


def sent(admin: httpx.Client, name: str, path: str, body: dict[str, Any]) -> httpx.Response:
    """A change under a key that is the same each time."""
    return admin.post(path, json=body, headers={"idempotency-key": f"of-the-full-disk-{name}"})
