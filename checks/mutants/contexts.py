"""A pytest plugin: which test runs which line, written to the file in MUTANTS_COVERAGE."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

_TARGET = Path(os.environ["MUTANTS_COVERAGE"])
_COVERAGE = coverage.Coverage(
    data_file=str(_TARGET), source=[os.environ["MUTANTS_SOURCE"]], config_file=False
)
_COVERAGE.start()
_SECONDS: dict[str, float] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """The lines that run from now on are this test's."""
    _COVERAGE.switch_context(item.nodeid)
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """How long each test takes, without what many share."""
    if report.when == "call":
        _SECONDS[report.nodeid] = report.duration


def pytest_sessionfinish() -> None:
    """Write it all down."""
    _COVERAGE.stop()
    _COVERAGE.save()
    _TARGET.with_suffix(".json").write_text(json.dumps(_SECONDS))
