"""What tests of admin routes share."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Database
from merx.providers.file import StoredFiles
from tests.factories.bulk import Bulk


@pytest.fixture
def bulk(
    app: FastAPI, admin: httpx.AsyncClient, database: Database, tmp_path: Path
) -> Iterator[Bulk]:
    """Sends bulk jobs, whose files are kept in a folder of the test's own."""
    files = StoredFiles(str(tmp_path / "files"))
    own, app.state.files = app.state.files, files
    yield Bulk(admin, database, files)
    app.state.files = own
