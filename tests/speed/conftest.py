"""The statements of the app under test."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from tests.statements import Statements, noted


@pytest.fixture
def statements(app: FastAPI) -> Iterator[Statements]:
    with noted(app) as found:
        yield found
