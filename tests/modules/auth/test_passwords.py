"""Password hashes."""

import asyncio
from threading import BoundedSemaphore

import pytest

from merx.core.errors import TooManyRequests
from merx.modules.auth import passwords
from merx.modules.auth.passwords import hash_password, is_outdated, password_matches
from tests.factories.people import WEAK

pytestmark = pytest.mark.usefixtures("real_hashes")


async def test_a_hash_matches_its_password_only() -> None:
    stored = await hash_password("pässword")

    assert await password_matches(stored, "pässword")
    assert not await password_matches(stored, "password")
    assert not await password_matches(stored, "")


async def test_no_hash_matches_nothing() -> None:
    for stored in (None, "", "garbage", "$argon2id$", passwords.ABSENT_HASH):
        assert not await password_matches(stored, "")
        assert not await password_matches(stored, "garbage")


def test_the_absent_hash_costs_what_a_stored_one_costs() -> None:
    assert not is_outdated(passwords.ABSENT_HASH)


async def test_only_hashes_of_other_strength_are_outdated() -> None:
    assert is_outdated(WEAK.hash("x"))
    assert not is_outdated(await hash_password("x"))


async def test_a_long_or_strange_password_is_hashed_whole() -> None:
    stored = await hash_password("x" * 5000 + "\0\ud800")

    assert await password_matches(stored, "x" * 5000 + "\0\ud800")
    assert not await password_matches(stored, "x" * 5000 + "\0")
    assert not await password_matches(stored, "x" * 5000)


async def test_the_event_loop_runs_on_while_passwords_are_hashed() -> None:
    hashing = asyncio.gather(*(hash_password("x") for _ in range(4)))

    ticks = 0
    while not hashing.done():
        await asyncio.sleep(0.002)
        ticks += 1

    assert ticks > 10
    await hashing


@pytest.fixture
def _short_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_places", BoundedSemaphore(4))


@pytest.mark.usefixtures("_short_queue")
async def test_a_flood_is_turned_away_and_leaves_no_trace() -> None:
    flood = await asyncio.gather(
        *(password_matches(None, "x") for _ in range(7)), return_exceptions=True
    )

    refused = [answer for answer in flood if isinstance(answer, TooManyRequests)]
    assert len(refused) == 3
    assert not await password_matches(None, "x")


@pytest.mark.usefixtures("_short_queue")
async def test_a_caller_who_leaves_frees_the_place_in_the_queue() -> None:
    waiting = [asyncio.ensure_future(password_matches(None, "x")) for _ in range(4)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    async def places() -> int:
        flood = [password_matches(None, "x") for _ in range(4)]
        answers = await asyncio.gather(*flood, return_exceptions=True)
        return answers.count(False)

    for _ in range(100):
        if await places() == 4:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the places of callers who left stay taken")
