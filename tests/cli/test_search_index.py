"""`merx search-index`: trigram indexes where pg_trgm is, and clear words where it is not."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from merx.cli.migrate import migrate_database
from merx.links import GRAPH
from merx.operations.search_indexes import trigram_indexes
from tests.server import running_server
from tests.speed.shelves import FILL
from tests.sql import fetch_value

from .conftest import Merx
from .journeys import log_in
from .system_postgres import system_postgres

pytestmark = [pytest.mark.slow, pytest.mark.commits]

NAMES = ["ix_customer_trigrams"]
# Made by a version that had no indexes of its own.
OLD = "CREATE INDEX ix_product_trigrams ON product USING gin (title gin_trgm_ops)"
VALID = "SELECT count(*) FROM pg_index WHERE indexrelid::regclass::text ~ 'trigrams' AND indisvalid"


@pytest.fixture
def trigram_url(folder: Path) -> Iterator[str]:
    with system_postgres(folder) as url:
        yield url


def scans(url: str, name: str) -> int:
    return fetch_value(
        url, f"SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = '{name}'"
    )


def test_indexes_are_made_used_made_anew_and_dropped(
    merx: Merx, trigram_url: str, tmp_path: Path
) -> None:
    migrate_database(trigram_url)
    fetch_value(trigram_url, FILL)

    made = merx("search-index", "create", DATABASE_URL=trigram_url)
    assert [line for line in made.out.splitlines() if line.endswith("made")] == [
        f"{name}: made" for name in NAMES
    ]
    assert fetch_value(trigram_url, VALID) == 1

    with running_server(trigram_url, tmp_path) as server:
        token = log_in(server.url, server.password, server.email)
        told = {"authorization": f"Bearer {token}"}
        found = httpx.get(f"{server.url}/admin/customers?q=c19", headers=told)
        assert found.raise_for_status().json()["count"] > 0
        for _ in range(50):
            if scans(trigram_url, "ix_customer_trigrams"):
                break
            time.sleep(0.1)
        assert scans(trigram_url, "ix_customer_trigrams") > 0

    broken = (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_customer_trigrams'::regclass"
    )
    fetch_value(trigram_url, broken)
    again = merx("search-index", "create", DATABASE_URL=trigram_url)
    assert again.out.splitlines() == ["ix_customer_trigrams: made"]
    fetch_value(trigram_url, OLD)

    dropped = merx("search-index", "drop", DATABASE_URL=trigram_url)
    assert dropped.out.splitlines() == [
        "ix_customer_trigrams: dropped", "ix_product_trigrams: dropped",
    ]  # fmt: skip
    assert fetch_value(trigram_url, VALID) == 0


def test_without_the_extension_nothing_is_made(merx: Merx, database_url: str) -> None:
    ended = merx("search-index", "create", DATABASE_URL=database_url)

    assert ended.code == 1
    assert "merx: This PostgreSQL has no pg_trgm (" in ended.err
    assert ended.err.endswith("`q` works without, more slowly\n")


def test_what_is_searched_of_a_row_itself_is_indexed() -> None:
    found = {one.table: list(one.columns) for one in trigram_indexes()}

    assert set(found) == {"customer"}
    assert found["customer"] == [path for path in GRAPH["customer"].search if "." not in path]
