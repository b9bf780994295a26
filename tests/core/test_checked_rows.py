"""`python -m checks` sees rows without a type."""

from pathlib import Path

import pytest

from checks import rows

BARE = "def make(row: dict[str, Any]) -> None: ..."
READS = "def make(row: Row) -> str:\n    return row['title']"
GETS = "def make(rows: list[Row]) -> list[str]:\n    return [row.get('title') for row in rows]"
TYPED = "def make(row: Variant) -> str:\n    return row['title']"
PASSES = "def make(row: Row) -> str:\n    return save(row)['title'] + row['id']"


ASKED = "def make(query: Query) -> str:\n    return query['title']"


@pytest.mark.parametrize("folder", ["modules/product", "web"])
@pytest.mark.parametrize(
    ("code", "found"),
    [
        (BARE, "name the dict[str, Any]"),
        (READS, "reads row['title']"),
        (GETS, "reads row['title']"),
        (TYPED, ""),
        (PASSES, ""),
        (ASKED, ""),
    ],
)
def test_a_row_without_a_type_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str, code: str, found: str
) -> None:
    file = tmp_path / folder / "make.py"
    file.parent.mkdir(parents=True)
    file.write_text(code)
    monkeypatch.setattr(rows, "_ROOT", tmp_path)
    lines = rows.untyped()
    assert len(lines) == bool(found)
    assert all(found in line for line in lines)
