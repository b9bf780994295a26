"""`merx dashboard install`: nothing is fetched without consent."""

import io
from pathlib import Path

import pytest

from merx.operations.dashboard import install

from .conftest import Merx


def test_without_consent_nothing_is_fetched(
    merx: Merx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))

    ended = merx("dashboard", "install", DATA_DIR=str(tmp_path))

    assert (ended.code, ended.err) == (1, "merx: Nothing was installed\n")
    assert "is not part of Merx" in ended.out
    assert list(tmp_path.iterdir()) == []


def test_what_fails_is_told_and_leaves_nothing(
    merx: Merx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("node", "npm"):
        (programs / name).write_text("#!/bin/sh\necho no registry >&2\nexit 1\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    folder = tmp_path / "shop"

    ended = merx("dashboard", "install", "--yes", DATA_DIR=str(folder))

    assert (ended.code, ended.err) == (1, "merx: npm failed: no registry\n")
    assert list(folder.iterdir()) == []


def test_versions_and_sums_are_pinned() -> None:
    folder = Path(install.__file__).parent
    wanted = (folder / "package.json").read_text()
    lock = (folder / "package-lock.json").read_text()

    assert f'"{install.PACKAGE}": "{install.VERSION}"' in wanted
    assert lock.count('"integrity"') > 100
    # Only names and sums: nothing that others wrote is in the package.
    assert {path.name for path in folder.iterdir() if path.is_file()} == {
        "__init__.py",
        "build.mjs",
        "entry.jsx",
        "install.py",
        "installed.py",
        "package-lock.json",
        "package.json",
    }
