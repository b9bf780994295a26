"""Where the server under test is; a stand-in until the suite starts one itself."""

import os

import pytest


@pytest.fixture(scope="session")
def conformance_url() -> str:
    return from_environment("MERX_TEST_URL")


@pytest.fixture(scope="session")
def conformance_token() -> str:
    return from_environment("MERX_TEST_TOKEN")


def from_environment(name: str) -> str:
    """A setting of the test run; without it there is no server to compare."""
    if not os.environ.get(name):
        pytest.skip(f"{name} is not set")
    return os.environ[name]
