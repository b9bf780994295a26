"""The history of the schema: one line, equal to the models, safe to run at the same time."""

import subprocess
import sys

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from merx.core.migrations import config
from merx.core.schema_state import revisions
from tests.sql import fetch_value


def test_models_and_migrations_do_not_drift(clone_url: str) -> None:
    """A difference names what `make migration` would write."""
    command.check(config(clone_url))


def test_the_history_is_one_line_in_the_order_of_its_numbers() -> None:
    scripts = ScriptDirectory.from_config(config(""))

    history = [script.revision for script in scripts.walk_revisions()]

    assert history[::-1] == revisions() == [f"{n:04}" for n in range(1, len(history) + 1)]


@pytest.mark.slow
def test_two_machines_that_migrate_at_once_take_turns(empty_url: str) -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "merx", "migrate"],
            env={"MERX_DATABASE_URL": empty_url},
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]

    errors = [run.communicate()[1] for run in runs]

    assert [run.returncode for run in runs] == [0, 0], errors
    assert fetch_value(empty_url, "SELECT count(*) FROM store") == 1
