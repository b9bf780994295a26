"""A shop whose disk is full: it says so, writes nothing by halves, and goes on with new room."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.server import address_of, said_after, started

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


def test_a_full_disk_is_told_and_nothing_is_half_written(disk: Path) -> None:
    values = [str(number) for number in range(100)]
    shirt = {
        "title": "Shirt",
        "options": [{"title": "Size", "values": values}],
        "variants": [
            {"title": one, "sku": one, "options": {"Size": one}, "prices": []} for one in values
        ],
    }
    with started(disk, "--demo", "--port", "0") as process:
        url = address_of(process)
        login = {
            "email": "admin@example.com",
            "password": said_after(process, "Password: ").split()[0],
        }
        with httpx.Client(base_url=url, timeout=30) as admin:
            token = admin.post("/auth/user/emailpass", json=login).json()["token"]
            admin.headers["authorization"] = f"Bearer {token}"
            filler = fill(disk)

            ready, alive = admin.get("/ready"), admin.get("/health")
            written = [admin.post("/admin/products", json=shirt) for _ in range(3)]
            read = admin.get("/admin/products?q=Shirt&fields=title")
            filler.unlink()
            again, after = admin.get("/ready"), admin.post("/admin/products", json=shirt)

    assert (ready.status_code, alive.status_code) == (503, 200)
    told = [(one.status_code, one.headers.get("retry-after")) for one in written]
    assert told == [(503, "5")] * 3
    assert read.status_code == 200
    assert "Shirt" not in [row["title"] for row in read.json()["products"]]
    assert (again.status_code, after.status_code) == (200, 200)
    assert len(after.json()["product"]["variants"]) == 100
