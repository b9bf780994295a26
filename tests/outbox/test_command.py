"""`merx events`: what operators see, and what they can do about it."""

import asyncio
import signal

import pytest
from typer.testing import CliRunner

from merx.cli import app
from merx.outbox import Subscriber
from merx.outbox.delivery import Outcome, claim, fan_out, settle
from tests.outbox.support import Hearing, happen, states, until
from tests.processes import Forked

pytestmark = pytest.mark.commits

SUBSCRIBERS = (Subscriber("mail", ("*",), Hearing()),)


@pytest.fixture
def merx(database_url, monkeypatch):
    """Runs a command, and answers with what it prints."""
    monkeypatch.setenv("MERX_DATABASE_URL", database_url)

    async def run(*arguments: str) -> str:
        # Commands have an event loop of their own.
        result = await asyncio.to_thread(CliRunner().invoke, app, ["events", *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


async def _fail(database, error):
    async with database.read() as connection:
        await fan_out(connection, SUBSCRIBERS)
        claims = await claim(connection, SUBSCRIBERS, {"mail": 8})
        await settle(connection, [Outcome(each, "failed", 0, error) for each in claims])


async def test_list_shows_what_became_of_events(database, merx):
    assert await merx("list") == "No events.\n"

    await happen(database, "product.created", "prod_1")
    await _fail(database, "Traceback …\nOSError: no mail today")
    await happen(database, "product.updated", "prod_1")

    everything = (await merx("list")).splitlines()
    assert [line.split()[3:] for line in everything] == [
        "pending product.updated (1) -".split(),
        "failed product.created (1) mail after 1 attempts: OSError: no mail today".split(),
    ]
    assert (await merx("list", "--state", "failed")).splitlines() == everything[1:]
    assert (await merx("list", "--state", "pending")).splitlines() == everything[:1]
    assert (await merx("list", "--name", "product.created")).splitlines() == everything[1:]
    assert (await merx("list", "--limit", "1")).splitlines() == everything[:1]
    assert await merx("list", "--state", "done") == "No events.\n"


async def test_replay_makes_failed_deliveries_pending(database, merx):
    await happen(database, "product.created", "prod_1", "prod_2")
    await _fail(database, "OSError")
    first = (await merx("list")).split()[0]

    assert await merx("replay", first) == "1 deliveries are pending again.\n"
    assert sorted(await states(database)) == [("mail", "failed", 1), ("mail", "pending", 0)]
    assert await merx("replay", "--all-failed") == "1 deliveries are pending again.\n"
    assert await states(database) == [("mail", "pending", 0)] * 2


@pytest.mark.parametrize("arguments", [[], ["evt_1", "--all-failed"]])
async def test_replay_asks_what_is_meant(arguments):
    result = CliRunner().invoke(app, ["events", "replay", *arguments])

    assert result.exit_code == 2
    assert "either event ids or --all-failed" in result.output


async def test_run_delivers_until_it_is_stopped(database, database_url, tmp_path):
    await happen(database, "product.created", "prod_1")
    environment = {
        "MERX_DATABASE_URL": database_url,
        "MERX_DATA_DIR": str(tmp_path),
        "MERX_LOG_LEVEL": "debug",
    }
    log = tmp_path / "log"
    process = Forked("merx", "events", "run", environment=environment, stderr=log)

    async def delivered() -> bool:
        return await states(database) == [("event_log", "done", 1)]

    await until(delivered)
    process.send_signal(signal.SIGTERM)
    output, _ = await asyncio.to_thread(process.communicate)

    assert process.poll() == 0
    told = (
        "Delivering events to inventory_export, order_export, product_export, product_import,"
        " mail, paid_carts, webhooks, event_log."
    )
    assert output == told + " Stop: Ctrl-C\n"
    assert "event_name=product.created" in log.read_text()
