"""`merx backup` and `merx restore`: a round trip, and what is refused."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from tests.sql import fetch_value

from .conftest import Merx


def content(url: str) -> dict[str, list[str]]:
    """All rows of all tables, as text."""

    async def read() -> dict[str, list[str]]:
        connection = await asyncpg.connect(url)
        try:
            tables = await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
            return {
                name: sorted(
                    row for (row,) in await connection.fetch(f'SELECT t::text FROM "{name}" t')
                )
                for (name,) in tables
            }
        finally:
            await connection.close()

    return asyncio.run(read())


def test_a_shop_comes_back_as_it_was(
    merx: Merx, clone_url: str, empty_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "shop.dump"
    merx("seed", DATABASE_URL=clone_url)

    written = merx("backup", str(file), DATABASE_URL=clone_url)
    restored = merx("restore", str(file), DATABASE_URL=empty_url)

    assert written.out.startswith(f"Wrote {file} (")
    assert restored.out == f"Restored {file}.\n"
    assert content(empty_url) == content(clone_url)
    assert merx("migrate", DATABASE_URL=empty_url).out == "The database is up to date.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["shop.dump"]
    assert file.stat().st_mode & 0o077 == 0


def test_a_full_database_is_replaced_only_when_asked_for(
    merx: Merx, clone_url: str, empty_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "shop.dump"
    merx("backup", str(file), DATABASE_URL=clone_url)
    merx("restore", str(file), DATABASE_URL=empty_url)
    merx("seed", DATABASE_URL=empty_url)

    refused = merx("restore", str(file), DATABASE_URL=empty_url)
    products = fetch_value(empty_url, "SELECT count(*) FROM product")
    replaced = merx("restore", str(file), "--replace", DATABASE_URL=empty_url)

    assert (refused.code, "use --replace to delete everything" in refused.err) == (1, True)
    assert products > 0
    assert replaced.code == 0
    assert fetch_value(empty_url, "SELECT count(*) FROM product") == 0


@pytest.mark.parametrize("kept", [100, 4000, -50], ids=["head", "part", "all but the end"])
def test_a_torn_file_changes_nothing(merx: Merx, clone_url: str, tmp_path: Path, kept: int) -> None:
    merx("seed", DATABASE_URL=clone_url)
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    merx("backup", str(whole), DATABASE_URL=clone_url)
    torn.write_bytes(whole.read_bytes()[:kept])
    before = content(clone_url)

    ended = merx("restore", str(torn), "--replace", DATABASE_URL=clone_url)

    assert ended.code == 1
    assert [line[:6] for line in ended.err.splitlines() if "Database: " not in line] == ["merx: "]
    assert content(clone_url) == before


def test_what_cannot_be_done_is_said_in_a_line(
    merx: Merx, clone_url: str, empty_url: str, tmp_path: Path
) -> None:
    other, there = tmp_path / "notes.txt", tmp_path / "there"
    other.write_text("no backup")
    there.write_text("precious")

    assert "nothing to back up" in merx("backup", str(tmp_path / "a"), DATABASE_URL=empty_url).err
    assert "No such file" in merx("restore", str(tmp_path / "b"), DATABASE_URL=clone_url).err
    assert "archive" in merx("restore", str(other), DATABASE_URL=clone_url).err
    assert "--replace to overwrite it" in merx("backup", str(there), DATABASE_URL=clone_url).err
    assert "No such file" in merx("backup", str(tmp_path / "c/d"), DATABASE_URL=clone_url).err
    assert there.read_text() == "precious"
