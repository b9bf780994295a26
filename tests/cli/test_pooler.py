"""The main journeys through a pooler that gives connections for a transaction only."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.server import address_of, said_after, started
from tests.sql import fetch_value

from .conftest import Merx
from .journeys import bought, log_in
from .pgbouncer import pgbouncer

pytestmark = [pytest.mark.slow, pytest.mark.commits]

VARIANT = {
    "title": "S",
    "options": {"Size": "S"},
    "prices": [{"amount": 9, "currency_code": "eur"}],
}
SHIRT = {
    "title": "Pooled",
    "options": [{"title": "Size", "values": ["S", "M"]}],
    "variants": [VARIANT],
}


@pytest.fixture
def pooled_url(database_url: str, folder: Path) -> Iterator[str]:
    with pgbouncer(database_url, folder) as url:
        yield url


def test_a_shop_sells_through_a_pooler(folder: Path, pooled_url: str, database_url: str) -> None:
    addresses = {"DATABASE_URL": pooled_url, "DIRECT_DATABASE_URL": database_url}
    with started(folder, "--demo", "--port", "0", POOLER="transaction", **addresses) as process:
        url = address_of(process)
        token = log_in(url, said_after(process, "Password: ").split()[0])
        key = said_after(process, "Storefront key: ").strip()
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}) as admin:
            with ThreadPoolExecutor(8) as shoppers:
                ended = list(shoppers.map(lambda _: bought(url, key), range(8)))
            orders = admin.get("/admin/orders", params={"fields": "id,*items"}).json()
            made = admin.post("/admin/products", json=SHIRT).raise_for_status().json()["product"]
            batch = {"create": [{**VARIANT, "title": "M", "options": {"Size": "M"}}]}
            added = admin.post(f"/admin/products/{made['id']}/variants/batch", json=batch)
            assert httpx.get(f"{url}/ready").status_code == 200
            assert ended == ["order"] * 8
            assert orders["count"] == 8
            assert all(len(order["items"]) == 1 for order in orders["orders"])
            assert [one["title"] for one in added.json()["created"]] == ["M"]


def test_migrating_gives_sessions_of_the_server_their_settings(
    merx: Merx, pooled_url: str, database_url: str
) -> None:
    ended = merx(
        "migrate", DATABASE_URL=pooled_url, DIRECT_DATABASE_URL=database_url, POOLER="transaction"
    )

    assert ended.out == "The database is up to date.\n"
    assert fetch_value(pooled_url, "SHOW plan_cache_mode") == "force_generic_plan"
    assert fetch_value(pooled_url, "SHOW statement_timeout") == "2min"


def test_plans_that_know_values_are_a_setting(
    merx: Merx, pooled_url: str, database_url: str
) -> None:
    told = {"DATABASE_URL": pooled_url, "DIRECT_DATABASE_URL": database_url}

    merx("migrate", POOLER="transaction", GENERIC_PLANS="off", **told)

    assert fetch_value(database_url, "SHOW plan_cache_mode") == "auto"


def test_a_pooler_needs_a_way_past_it(merx: Merx, pooled_url: str) -> None:
    ended = merx("start", "--port", "0", DATABASE_URL=pooled_url, POOLER="transaction")

    assert ended.code == 1
    assert ended.err == "merx: Set MERX_DIRECT_DATABASE_URL too (merx settings explains)\n"
