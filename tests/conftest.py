"""What every process of a run needs; tests/fixtures.py holds what those that run tests need."""

import os

import psutil
import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Load the app where tests run: the process that only hands them out starts its workers sooner
    without it.
    """
    if config.getoption("dist", "no") == "no" or hasattr(config, "workerinput"):
        config.pluginmanager.import_plugin("tests.fixtures")


def pytest_xdist_auto_num_workers() -> int | None:
    """One more worker than cores, because tests often wait for a lock, a server or a timer; each
    has to collect all tests first.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return (psutil.cpu_count() or 1) + 1
