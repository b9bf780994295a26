"""`merx import-medusa` on the recorded database of a Medusa shop."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from merx.core.operator_errors import OperatorError
from merx.operations.moving.compare import differences
from merx.operations.moving.move import Report, make_plan, move
from merx.operations.moving.source import reading
from tests.databases import Cluster
from tests.moving.medusa import build, shop

pytestmark = pytest.mark.commits


@pytest.fixture
async def medusa_url(cluster: Cluster) -> AsyncIterator[str]:
    """The recorded shop's database."""
    async with cluster.database(migrated=False) as url:
        await build(url)
        yield url


class Stopped(Exception):
    """The move was interrupted."""


async def run_move(medusa_url: str, url: str, *, steps: int = 10_000) -> Report:
    """Move; or stop after some steps."""
    done = 0

    def count(_: str, rows: int) -> None:
        nonlocal done
        done += 1
        if done > steps:
            raise Stopped

    target = await asyncpg.connect(url)
    try:
        async with reading(medusa_url) as source:
            return await move(source, target, await make_plan(source, target), "there", count)
    finally:
        await target.close()


async def change(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_moved_shop_answers_as_before(
    medusa_url: str, database_url: str, client: httpx.AsyncClient
) -> None:
    report = await run_move(medusa_url, database_url)

    assert report.refusals == []
    assert set(report.left) <= {"auth_verification"}
    for path, told in shop()["answers"].items():
        keys = shop()["keys"]
        if path.startswith("/store"):
            answer = await client.get(path, headers={"x-publishable-api-key": keys["pk"]})
        else:
            answer = await client.get(path, auth=(keys["sk"], ""))
        found = [one for one in differences(told, answer.json()) if not _is_known(path, one[0])]
        assert found == [], path


def _is_known(path: str, place: str) -> bool:
    """What every shop of Merx answers otherwise: a parent's rates are left out where they are not
    asked for, and the summary of a draft has its taxes from the start."""
    if path.startswith("/admin/tax-regions"):
        return place.endswith("parent.tax_rates")
    return path.startswith("/admin/draft-orders") and ".summary." in place


async def test_passwords_and_secret_keys_stay_and_are_hashed_anew(
    medusa_url: str, database_url: str, client: httpx.AsyncClient
) -> None:
    await run_move(medusa_url, database_url)
    body = {"email": "ann@x.test", "password": "annsecret"}

    wrong = await client.post("/auth/customer/emailpass", json={**body, "password": "annSecret"})
    first = await client.post("/auth/customer/emailpass", json=body)
    second = await client.post("/auth/customer/emailpass", json=body)

    assert (wrong.status_code, first.status_code, second.status_code) == (401, 200, 200)
    connection = await asyncpg.connect(database_url)
    stored = await connection.fetchval(
        "SELECT provider_metadata->>'password' FROM provider_identity WHERE entity_id = $1",
        "ann@x.test",
    )
    await connection.close()
    assert stored.startswith("$argon2id$")
    me = await client.get(
        "/store/customers/me",
        headers={
            "authorization": f"Bearer {first.json()['token']}",
            "x-publishable-api-key": shop()["keys"]["pk"],
        },
    )
    assert me.json()["customer"]["email"] == "ann@x.test"
    key = shop()["keys"]["sk"]
    similar = f"{key[:10]}{'0' * (len(key) - 20)}{key[-10:]}"
    codes = [
        (await client.get("/admin/regions", auth=(one, ""))).status_code
        for one in (similar, key, key)
    ]
    assert codes == [401, 200, 200]


@pytest.mark.parametrize("steps", [40, 180])
async def test_a_move_that_was_stopped_goes_on_and_is_made_once(
    medusa_url: str, database_url: str, steps: int
) -> None:
    with pytest.raises(Stopped):
        await run_move(medusa_url, database_url, steps=steps)

    report = await run_move(medusa_url, database_url)

    assert report.refusals == []
    assert report.taken["product"] == len(shop()["tables"]["product"]["rows"])
    connection = await asyncpg.connect(database_url)
    rows = {
        name: await connection.fetchval(f'SELECT count(*) FROM "{name}"')
        for name in ("order", "order_item", "price", "customer", "inventory_level", "image")
    }
    gone = await connection.fetchval("SELECT to_regnamespace('moving') IS NULL")
    await connection.close()
    assert rows == {name: len(shop()["tables"][name]["rows"]) for name in rows}
    assert gone
    with pytest.raises(OperatorError, match="The shop is not empty, it has a product"):
        await run_move(medusa_url, database_url)


async def test_what_cannot_be_taken_is_told_and_the_rest_is_taken(
    medusa_url: str, database_url: str
) -> None:
    product, *_ = (row["id"] for row in shop()["tables"]["product"]["rows"])
    await change(
        medusa_url,
        f"UPDATE product_variant SET product_id = 'prod_gone' WHERE product_id = '{product}'",
        "UPDATE price SET amount = -1 WHERE id = (SELECT min(id) FROM price)",
        "UPDATE product SET collection_id = 'pcol_gone' WHERE id = (SELECT max(id) FROM product)",
        "INSERT INTO customer (id, email, has_account) VALUES ('cus_x', 'ANN@x.test', true)",
        "INSERT INTO product_tag (id, value) SELECT 'ptag_x', min(value) FROM product_tag",
    )

    report = await run_move(medusa_url, database_url)

    told = {(one.table, one.reason.partition(":")[0]): one for one in report.refusals}
    variants = told["product_variant", "its product_id names a product that does not exist"]
    assert variants.count == 2
    assert ("price", "violates the constraint ck_price_amount_not_negative") in told
    assert ("product", "taken without collection_id") in told
    assert told["product_tag", "another row has the same unique values"].ids == ["ptag_x"]
    assert report.taken["product"] == len(shop()["tables"]["product"]["rows"])
    # E-mails that differ only in case are both accepted, and `merx doctor` reports them.
    assert report.taken["customer"] == len(shop()["tables"]["customer"]["rows"]) + 1


async def test_orders_hold_what_they_used_of_promotions(
    medusa_url: str, database_url: str, client: httpx.AsyncClient
) -> None:
    promotion = "promo_01M8HZJ67DR10HJ9SJG13K75C7"
    await change(
        medusa_url,
        # It was added when the last two of the three orders used it.
        f"""UPDATE promotion SET "limit" = 3, used = 2, campaign_id = (SELECT id FROM
          promotion_campaign LIMIT 1) WHERE id = '{promotion}'""",
        """UPDATE promotion_campaign_budget SET type = 'spend', "limit" = 3, used = 2""",
    )
    await run_move(medusa_url, database_url)
    key = (shop()["keys"]["sk"], "")
    answer = await client.get("/admin/orders?fields=id,status&order=created_at", auth=key)
    taken = {row["order_id"] for row in shop()["tables"]["order_promotion"]["rows"]}
    orders = [row["id"] for row in answer.json()["orders"] if row["id"] in taken]

    before = await _used(client, promotion)
    for order_id in (orders[-1], orders[1]):
        answer = await client.post(f"/admin/orders/{order_id}/cancel", auth=key)
        assert answer.status_code == 200, answer.text

    assert before == (2, 2)
    # The last order gives back what it used; the first one was never counted.
    assert await _used(client, promotion) == (1, 1)


async def _used(client: httpx.AsyncClient, promotion_id: str) -> tuple[float, float]:
    answer = await client.get(
        f"/admin/promotions/{promotion_id}?fields=used,campaign.budget.used",
        auth=(shop()["keys"]["sk"], ""),
    )
    promotion = answer.json()["promotion"]
    return promotion["used"], promotion["campaign"]["budget"]["used"]


async def test_another_database_is_none_of_medusa(empty_url: str, database_url: str) -> None:
    with pytest.raises(OperatorError, match="no database of Medusa 2"):
        await run_move(empty_url, database_url)


def test_differences_are_named_by_their_place() -> None:
    there = {"rows": [{"id": "b", "n": 1}, {"id": "a", "raw": {"value": "0.99999999999999999999"}}]}
    here: dict[str, Any] = json.loads(json.dumps(there))
    here["rows"].reverse()
    here["rows"][0]["raw"]["value"] = "1"

    assert list(differences(there, here)) == []
    here["rows"][1]["n"] = 2
    del here["rows"][0]["raw"]
    assert {place for place, _, _ in differences(there, here)} == {"rows[0].raw", "rows[1].n"}
