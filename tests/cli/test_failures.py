"""A database that fails under a command: one line says so, and the next run goes on from there."""

from pathlib import Path

import asyncpg
import pytest

from merx.cli.database import missing_migrations, require_current, run_in_transaction
from merx.cli.failures import failures_told
from merx.core.database import Transaction
from merx.core.migrations import upgrade
from merx.core.operator_errors import DatabaseUnusable
from merx.core.schema_state import History
from merx.settings import Settings
from tests.sql import fetch_value

from .conftest import Merx

END = "SELECT pg_terminate_backend(pg_backend_pid())"


async def _lose(tx: Transaction) -> None:
    await tx.execute(END)


async def _fill(tx: Transaction) -> None:
    await tx.execute("DO $$ BEGIN RAISE 'no space left' USING ERRCODE = 'disk_full'; END $$")


async def _err(tx: Transaction) -> None:
    await tx.execute("SELECT 1 / 0")


def test_a_lost_connection_is_told(worker_url: str) -> None:
    with pytest.raises(DatabaseUnusable, match=r"The database failed: .*Run the command again"):
        with failures_told():
            run_in_transaction(worker_url, _lose)


def test_a_full_disk_is_told(worker_url: str) -> None:
    with pytest.raises(DatabaseUnusable, match="no space left"), failures_told():
        run_in_transaction(worker_url, _fill)


def test_a_connection_lost_while_migrating_is_told(empty_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_trial.py").write_text(
        "from alembic import op\nrevision, down_revision = '0001', None\n"
        f"def upgrade() -> None:\n    op.execute('{END}')\n"
    )
    with pytest.raises(DatabaseUnusable, match="terminating connection"), failures_told():
        upgrade(empty_url, History(tmp_path, "alembic_version_trial"))


def test_a_fault_of_the_program_is_not_blamed_on_the_database(worker_url: str) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError), failures_told():
        run_in_transaction(worker_url, _err)


def test_an_interrupted_migration_gets_its_base_data_from_the_next(
    merx: Merx, clone_url: str
) -> None:
    # As a start leaves it that is killed after the last migration.
    fetch_value(clone_url, "TRUNCATE store, country, currency, price_preference CASCADE")
    missing = missing_migrations(clone_url, Settings())
    with pytest.raises(DatabaseUnusable, match="lacks its base data: run `merx migrate`"):
        require_current(missing)

    assert merx("migrate", DATABASE_URL=clone_url).out == "Migrated: base data\n"

    assert fetch_value(clone_url, "SELECT count(*) FROM currency") > 100
    require_current(missing_migrations(clone_url, Settings()))
