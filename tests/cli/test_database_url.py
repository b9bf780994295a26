"""The embedded database of a command, kept running while the command does."""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from merx.cli import database_url
from merx.core.embedded import EmbeddedPostgres
from merx.core.operator_errors import EmbeddedError
from merx.settings import Settings


@contextmanager
def given_up_at_once(_: EmbeddedPostgres, give_up: Callable[[], None]) -> Generator[None]:
    give_up()
    yield


def test_one_that_keeps_crashing_ends_the_command_with_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_url, "kept_running", given_up_at_once)
    told = list[int]()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    settings = Settings(data_dir=folder)
    try:
        with (
            pytest.raises(EmbeddedError, match=r"keeps crashing: see .*postgres\.log"),
            database_url.database_url(settings, may_make=True),
        ):
            pass
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    # The command is asked to end; the error comes when it has.
    assert told == [signal.SIGTERM]
