"""`merx doctor --connections`: whether all workers find the connections that they may open."""

import pytest

from merx.operations.connections import Room, advise
from merx.settings import Settings

from .conftest import Merx

SECRET = "a secret of the tests that is long enough"


def shop(**values: object) -> Settings:
    return Settings(jwt_secret=SECRET, cookie_secret=SECRET, **values)  # type: ignore[arg-type]


def test_what_fits_is_told(merx: Merx, clone_url: str) -> None:
    ended = merx("doctor", "--connections", DATABASE_URL=clone_url, WORKERS="2", POOL_SIZE="5")

    lines = ended.out.splitlines()
    assert ended.code == 0
    assert lines[0].startswith("The database lets 300 connections open, 3 of them are reserved, ")
    assert lines[1] == "Merx may open 12: 1 x 2 workers x (5 of the pool + 1 that watches)"
    assert lines[2].startswith("They fit, ")


def test_what_does_not_fit_ends_with_an_error(merx: Merx, clone_url: str) -> None:
    ended = merx("doctor", "--connections", "--servers=9", DATABASE_URL=clone_url, WORKERS="4")

    assert ended.code == 1
    assert "Merx may open 396: 9 x 4 workers" in ended.out
    assert "Too many. Set MERX_POOL_SIZE=" in ended.out


@pytest.mark.parametrize(
    ("room", "servers", "fits", "words"),
    [
        (Room(100, 3, 4), 1, True, "They fit, 0 are left."),
        (Room(100, 3, 5), 1, False, "Too many. Set MERX_POOL_SIZE=9."),
        (Room(100, 3, 40), 2, False, "raise max_connections to 224, or put PgBouncer"),
    ],
)
def test_the_advice_is_a_size_that_fits(room: Room, servers: int, fits: bool, words: str) -> None:
    advice = advise(shop(workers=8), room, servers)

    assert (advice.fits, words in advice.lines[-1]) == (fits, True), advice.lines


def test_advice_of_a_size_is_followed_by_peace() -> None:
    room = Room(100, 3, 5)

    assert advise(shop(workers=8, pool_size=9), room, 1).fits


def test_behind_a_pooler_its_settings_are_advised() -> None:
    pooled = shop(workers=16, pooler="transaction", direct_database_url="postgresql://x/y")

    advice = advise(pooled, Room(100, 3, 2), 4)

    assert advice.fits
    assert "max_client_conn = 704 or more, default_pool_size = 26 or less" in advice.lines[-1]
    assert not advise(pooled, Room(70, 3, 2), 4).fits
