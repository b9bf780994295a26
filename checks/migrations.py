"""Migrations run while the shop sells, and while workers of the release before still do.

The SQL of each is given to squawk. What takes something away from older code is allowed where the
migration says which code does without it (`oldest_code`, see CONTRIBUTING).
"""

import subprocess
import sysconfig
import tempfile
from io import StringIO
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory

from merx.core.migrations import LOCK_TIMEOUT, config

# Those before it ran on no shop of anybody else, and are history.
FIRST = "0029"
_LEFT_OUT = (
    "prefer-robust-stmts",  # a migration is one transaction: what fails is undone whole
    "prefer-bigint-over-int",  # counts of few things
    "prefer-identity",
    "ban-char-field",
    "prefer-text-field",
)
_TAKES_AWAY = (
    "ban-drop-column",
    "ban-drop-table",
    "renaming-column",
    "renaming-table",
    "changing-column-type",
    "adding-required-field",
    "adding-not-nullable-field",
)


def blocking() -> list[str]:
    """What is wrong with the migrations, a line each."""
    scripts = ScriptDirectory.from_config(config(""))
    new = [one for one in scripts.walk_revisions() if one.revision >= FIRST]
    return [line for script in reversed(new) for line in faults_of(script)]


def faults_of(script: Script) -> list[str]:
    """What is wrong with one."""
    left_out = list(_LEFT_OUT)
    if getattr(script.module, "oldest_code", None) is not None:
        left_out += _TAKES_AWAY
    sql = _sql_of(script)
    if "CONCURRENTLY" in sql:
        return [*_mixed(script, sql), *_squawk(script, sql, left_out)]
    return _squawk(script, sql, [*left_out, "require-timeout-settings"], "--assume-in-transaction")


def _sql_of(script: Script) -> str:
    written = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written}
    )
    with Operations.context(context):
        script.module.upgrade()
    # What is made concurrently leaves the transaction of its migration.
    return written.getvalue().replace("COMMIT;\n", "").replace("BEGIN;\n", "")


def _mixed(script: Script, sql: str) -> list[str]:
    """What is made concurrently commits what came before: nothing else may be with it."""
    statements = [one.strip() for one in sql.split(";") if one.strip()]
    others = [one for one in statements if "CONCURRENTLY" not in one and not one.startswith("SET ")]
    name = Path(script.path).name
    return [f"{name}: must stand in a migration of its own: {one[:60]}" for one in others]


def _squawk(script: Script, sql: str, left_out: list[str], *options: str) -> list[str]:
    program = Path(sysconfig.get_path("scripts")) / "squawk"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{Path(script.path).stem}.sql"
        file.write_text(f"SET lock_timeout = '{LOCK_TIMEOUT}';\nSET statement_timeout = 0;\n{sql}")
        done = subprocess.run(
            [program, "--pg-version=15", "--reporter=gcc", *options, *_exclude(left_out), file],
            capture_output=True,
            text=True,
        )
        lines = [line.replace(f"{folder}/", "") for line in done.stdout.splitlines() if line]
    if done.returncode and not lines:
        return [f"squawk: {done.stderr.strip()}"]
    return lines


def _exclude(rules: list[str]) -> list[str]:
    return [f"--exclude={','.join(rules)}"]
