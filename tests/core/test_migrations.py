"""The history of the schema: one line, equal to the models, safe to run at the same time."""

from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from merx.core.migrations import config
from merx.core.schema_state import revisions
from tests.processes import Forked
from tests.sql import fetch_value


def test_models_and_migrations_do_not_drift(clone_url: str) -> None:
    """A difference names what `make migration` would write."""
    command.check(config(clone_url))


def test_the_history_is_one_line_in_the_order_of_its_numbers() -> None:
    scripts = ScriptDirectory.from_config(config(""))

    history = [script.revision for script in scripts.walk_revisions()]

    assert history[::-1] == revisions() == [f"{n:04}" for n in range(1, len(history) + 1)]


@pytest.mark.slow
def test_two_machines_that_migrate_at_once_take_turns(empty_url: str, tmp_path: Path) -> None:
    logs = [tmp_path / "one", tmp_path / "other"]
    environment = {"MERX_DATABASE_URL": empty_url}
    runs = [Forked("merx", "migrate", environment=environment, stderr=log) for log in logs]

    for run in runs:
        run.communicate()

    assert [run.poll() for run in runs] == [0, 0], [log.read_text() for log in logs]
    assert fetch_value(empty_url, "SELECT count(*) FROM store") == 1
