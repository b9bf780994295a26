"""Products as files through the published JavaScript SDK."""

import pytest

pytestmark = pytest.mark.sdk


async def test_files_are_imported_confirmed_and_exported(run, name):
    seen = await run("product_files.mjs", name=name)

    again, bad = seen.pop("again"), seen.pop("bad")
    assert seen == {
        "asked": {"toCreate": 1, "toUpdate": 0},
        "uploaded": {"toCreate": 1, "toUpdate": 0},
        "exported": True,
        "done": [f"{name}-a", f"{name}-b"],
    }
    assert again["status"] == 404
    assert (bad["status"], bad["message"]) == (400, 'Invalid column name(s) "a","b"')
