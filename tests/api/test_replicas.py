"""Standbys answer reads, and clients read their own writes."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from merx.app import create_app
from merx.cli.migrate import migrate_database
from merx.core.database import Database, Transaction
from merx.core.hosts import each_host, name_of
from merx.settings import Settings
from merx.web.positions import COOKIE, HEADER
from tests.answers import good
from tests.factories.people import Person, make_person
from tests.factories.window import Window, make_window
from tests.replicas import Node, replicated

pytestmark = pytest.mark.slow

SECRET = "a secret of the tests that is long enough"
FAR = 60.0


@contextmanager
def migrated_pair() -> Iterator[tuple[Node, Node]]:
    """A primary with a migrated database, and its standby."""
    with replicated() as (primary, standby):
        migrate_database(primary.url("merx"))
        yield primary, standby


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Node, Node]]:
    """For tests that leave a primary and its standby behind."""
    with migrated_pair() as made:
        yield made


@pytest.fixture
def own_pair() -> Iterator[tuple[Node, Node]]:
    with migrated_pair() as made:
        yield made


async def fill(pair: tuple[Node, Node]) -> tuple[Window, Person]:
    database = Database(pair[0].url("merx"))
    await database.open()
    async with database.write() as tx:
        made = await make_window(tx), await make_person(tx, "admin@shop.test")
    await database.close()
    return made


@pytest.fixture(scope="module")
async def people(pair: tuple[Node, Node]) -> tuple[Window, Person]:
    return await fill(pair)


@asynccontextmanager
async def shop(
    pair: tuple[Node, Node], *, lag: float = FAR, lists: bool = False
) -> AsyncIterator[FastAPI]:
    """The app on the pair, after the standby was found to be within the lag."""
    app = create_app(
        Settings(
            database_url=pair[0].url("merx"),
            read_database_url=pair[1].url("merx"),
            read_lag_seconds=lag,
            read_admin_lists=lists,
            jwt_secret=SECRET,
            cookie_secret=SECRET,
            access_log=False,
            relay=False,
        )
    )
    async with app.router.lifespan_context(app):
        await becomes(app, left_out=False)
        yield app


async def becomes(app: FastAPI, *, left_out: bool) -> None:
    [standby] = app.state.standbys._standbys
    for _ in range(150):
        if standby.is_left_out == left_out:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"the standby is left out: {standby.is_left_out}")


@asynccontextmanager
async def paused(standby: Node) -> AsyncIterator[None]:
    """Pause replay: the standby receives the primary's log, but does not apply it in the block."""
    connection = await asyncpg.connect(standby.url("merx"))
    await connection.execute("SELECT pg_wal_replay_pause()")
    await until(connection, "SELECT pg_get_wal_replay_pause_state() = 'paused'")
    try:
        yield
    finally:
        await connection.execute("SELECT pg_wal_replay_resume()")
        await connection.close()


async def until(connection: Transaction, question: str) -> None:
    for _ in range(1000):
        if await connection.fetchval(question):
            return
        await asyncio.sleep(0.01)
    pytest.fail(question)


def client_of(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


async def regions(client: httpx.AsyncClient, **headers: str) -> list[str]:
    answer = await client.get("/store/regions", params={"limit": 100}, headers=headers)
    return [region["name"] for region in good(answer)["regions"]]


async def add_region(admin: httpx.AsyncClient, name: str) -> httpx.Response:
    answer = await admin.post("/admin/regions", json={"name": name, "currency_code": "eur"})
    good(answer)
    return answer


async def test_a_writer_reads_what_was_written_and_others_what_is_replayed(
    pair: tuple[Node, Node], people: tuple[Window, Person]
) -> None:
    window, person = people
    async with (
        shop(pair) as app,
        client_of(app, **window.headers) as stranger,
        client_of(app, **window.headers, **person.bearer(app.state.settings)) as writer,
    ):
        async with paused(pair[1]):
            answer = await add_region(writer, "Paused")
            by_cookie = await regions(writer)
            by_header = await regions(stranger, **{HEADER: answer.headers[HEADER]})
            others = await regions(stranger)
            forged = await regions(stranger, **{HEADER: answer.headers[HEADER] + "x"})
        for _ in range(100):
            replayed = await regions(stranger)
            if "Paused" in replayed:
                break
            await asyncio.sleep(0.05)

    assert "HttpOnly" in answer.headers["set-cookie"]
    assert COOKIE in answer.headers["set-cookie"]
    assert HEADER in answer.headers["access-control-expose-headers"]
    assert "Paused" in by_cookie
    assert "Paused" in by_header
    assert "Paused" not in others
    assert forged == others
    assert "Paused" in replayed


async def test_a_writer_is_answered_by_a_standby_that_has_come_so_far(
    pair: tuple[Node, Node], people: tuple[Window, Person]
) -> None:
    window, person = people
    async with (
        shop(pair) as app,
        client_of(app, **window.headers, **person.bearer(app.state.settings)) as writer,
    ):
        await add_region(writer, "Early")
        least = await app.state.standbys.written()
        standby = await asyncpg.connect(pair[1].url("merx"))
        await until(standby, f"SELECT pg_last_wal_replay_lsn() - '0/0' >= {least}")
        await standby.close()
        async with paused(pair[1]):
            # Written by another client: readers of it use the primary.
            async with client_of(app, **person.bearer(app.state.settings)) as other:
                await add_region(other, "Late")
            seen = await regions(writer)

    assert "Early" in seen
    assert "Late" not in seen


async def test_a_standby_of_another_history_is_passed_over(
    pair: tuple[Node, Node], people: tuple[Window, Person]
) -> None:
    async with shop(pair) as app, AsyncExitStack() as held:
        [standby] = app.state.standbys._standbys

        followed = await standby.enter(held, 0, 1)
        other = await standby.enter(held, 0, 2)

    assert followed is not None
    assert other is None


async def test_a_shopper_without_cookies_finds_the_own_cart(
    pair: tuple[Node, Node], people: tuple[Window, Person]
) -> None:
    window, _ = people
    async with shop(pair) as app, client_of(app, **window.headers) as shopper, paused(pair[1]):
        body = {"region_id": window.region_id}
        made = await shopper.post("/store/carts", json=body)
        cart = good(made)["cart"]
        kept = await shopper.get(f"/store/carts/{cart['id']}")
        shopper.cookies.clear()
        forgotten = await shopper.get(f"/store/carts/{cart['id']}")
        priced = await shopper.get("/store/products", params={"cart_id": cart["id"]})

    assert good(kept)["cart"]["id"] == good(forgotten)["cart"]["id"] == cart["id"]
    assert priced.status_code == 200


@pytest.mark.parametrize("lists", [True, False])
async def test_lists_of_admins_are_read_from_standbys_by_choice(
    lists: bool, pair: tuple[Node, Node], people: tuple[Window, Person]
) -> None:
    async with (
        shop(pair, lists=lists) as app,
        client_of(app, **people[1].bearer(app.state.settings)) as admin,
        paused(pair[1]),
    ):
        name = f"Listed {lists}"
        made = good(await add_region(admin, name))["region"]

        async def listed(**headers: str) -> bool:
            query = {"limit": 100, "fields": "name"}
            found = good(await admin.get("/admin/regions", params=query, headers=headers))
            return name in str(found)

        by_cookie = await listed()
        by_header = await listed(**{HEADER: "any"})
        one = await admin.get(f"/admin/regions/{made['id']}", headers={HEADER: "any"})
        admin.cookies.clear()
        by_nothing = await listed()

    assert by_cookie
    assert by_nothing
    assert by_header is not lists
    assert one.status_code == 200


async def test_a_standby_too_far_behind_is_left_out_until_it_has_caught_up(
    pair: tuple[Node, Node], people: tuple[Window, Person]
) -> None:
    window, person = people
    async with (
        shop(pair, lag=1) as app,
        client_of(app, **window.headers) as stranger,
        client_of(app, **person.bearer(app.state.settings)) as admin,
    ):
        async with paused(pair[1]):
            await add_region(admin, "Behind")
            before = await regions(stranger)
            await becomes(app, left_out=True)
            after = await regions(stranger)
        await becomes(app, left_out=False)
        caught_up = await regions(stranger)

    assert "Behind" not in before
    assert "Behind" in after
    assert "Behind" in caught_up


async def test_a_dead_standby_is_missed_by_nobody(
    pair: tuple[Node, Node], people: tuple[Window, Person]
) -> None:
    async with shop(pair) as app, client_of(app, **people[0].headers) as shopper:
        await regions(shopper)
        pair[1].kill()
        answers = [await shopper.get("/store/regions") for _ in range(20)]
        await becomes(app, left_out=True)
        pair[1].server.restart()
        await becomes(app, left_out=False)

    assert {answer.status_code for answer in answers} == {200}


async def test_a_frozen_standby_holds_reads_up_for_seconds(
    pair: tuple[Node, Node], people: tuple[Window, Person]
) -> None:
    async with shop(pair) as app, client_of(app, **people[0].headers) as shopper:
        await regions(shopper)
        with pair[1].frozen():
            started = time.monotonic()
            answers = await asyncio.gather(*[shopper.get("/store/regions") for _ in range(8)])
            first = time.monotonic() - started
            await becomes(app, left_out=True)
            started = time.monotonic()
            await regions(shopper)
            second = time.monotonic() - started
        await becomes(app, left_out=False)

    assert {answer.status_code for answer in answers} == {200}
    assert first < 6
    assert second < 1


async def test_a_change_that_reaches_a_standby_is_to_be_tried_again(
    pair: tuple[Node, Node], people: tuple[Window, Person]
) -> None:
    async with (
        shop(pair) as app,
        client_of(app, **people[1].bearer(app.state.settings)) as admin,
    ):
        primary = app.state.database
        app.state.database = Database(pair[1].url("merx"))
        await app.state.database.open()
        refused = await admin.post("/admin/regions", json={"name": "No", "currency_code": "eur"})
        ready = await admin.get("/ready")
        await app.state.database.close()
        app.state.database = primary

    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert refused.json()["type"] != "unknown_error"
    assert ready.status_code == 503


async def test_shoppers_look_on_while_the_primary_is_away_and_none_reads_another_history(
    own_pair: tuple[Node, Node],
) -> None:
    primary, standby = own_pair
    window, _ = await fill(own_pair)
    async with shop(own_pair) as app, client_of(app, **window.headers) as shopper:
        primary.kill()
        looked = await shopper.get("/store/regions")
        written = await shopper.post("/store/carts", json={})
        kept = await shopper.get("/store/regions")
        # It is no longer a standby: reads from it may miss writes of the primary.
        standby.promote()
        promoted = await shopper.get("/store/regions")
        await becomes(app, left_out=True)

    assert (looked.status_code, written.status_code) == (200, 503)
    # Only the primary knows whether a change with an unknown outcome was committed.
    assert kept.status_code == 503
    assert promoted.status_code == 503


async def test_without_standbys_nobody_gets_a_position(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/admin/regions", json={"name": "One", "currency_code": "eur"})

    assert HEADER not in answer.headers
    assert COOKIE not in answer.cookies


@pytest.mark.parametrize(
    ("url", "each"),
    [
        ("postgresql://m:p@a/shop", ["postgresql://m:p@a/shop"]),
        (
            "postgresql://m:p@a:1,b:2/shop?ssl=require",
            ["postgresql://m:p@a:1/shop?ssl=require", "postgresql://m:p@b:2/shop?ssl=require"],
        ),
        (
            "postgresql://m@/shop?host=/x,/y&port=1,2",
            [
                "postgresql://m@/shop?host=%2Fx&port=1",
                "postgresql://m@/shop?host=%2Fy&port=2",
            ],
        ),
    ],
)
def test_each_host_of_a_url_is_a_standby(url: str, each: list[str]) -> None:
    assert each_host(url) == each
    assert all(name_of(one) for one in each)
