"""Folders for clusters of their own."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from merx.core.embedded import EmbeddedPostgres
from tests.databases import scratch


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    """A cluster that was made and stopped."""
    # Not below pytest's own folder for temporary files: each run closes that for other users, and
    # root's PostgreSQL runs as one.
    with tempfile.TemporaryDirectory(prefix="merx-", dir=scratch()) as name:
        folder = Path(name) / "postgres"
        with EmbeddedPostgres(folder):
            pass
        yield folder


@pytest.fixture
def folder(made: Path) -> Iterator[Path]:
    """A copy of it: making one takes a second."""
    with tempfile.TemporaryDirectory(prefix="merx-", dir=scratch()) as name:
        subprocess.run(["cp", "-a", made, name], check=True)
        yield Path(name) / "postgres"
