"""`merx` as a function: what it prints and how it ends."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from merx.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Merx = Callable[..., Ended]


@pytest.fixture
def merx(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Merx:
    """Runs the command line in this process; settings are variables without MERX_."""

    def run(*arguments: str, **settings: str) -> Ended:
        for name, value in settings.items():
            monkeypatch.setenv(f"MERX_{name}", value)
        monkeypatch.setattr(sys, "argv", ["merx", *arguments])
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        return Ended(code if isinstance(code, int) else 0, out, err)

    return run
