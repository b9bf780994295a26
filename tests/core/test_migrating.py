"""Migrations of a running shop: nothing waits long for them, and older code keeps working."""

import asyncio
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from checks.migrations import FIRST, faults_of
from merx.core.embedded import programs
from merx.core.migrations import config, upgrade
from merx.core.operator_errors import OperatorError
from merx.core.schema_state import OWN, History, revisions, state
from merx.operations.migration_plan import PlannedMigration, plan
from tests.sql import fetch_value

Write = Callable[..., History]

INDEX = 'create_index_concurrently("ix_tax_rate_trial", "tax_rate", ["name"])'


def write_history(folder: Path, works: Sequence[str], head: str = "") -> History:
    """Migrations, given what each does, in a history of their own."""
    for number, work in enumerate(works, 1):
        before = f'"{number - 1:04}"' if number > 1 else None
        (folder / f"{number:04}_trial.py").write_text(
            "import sqlalchemy as sa\nfrom alembic import op\n"
            "from merx.core.migrations import create_index_concurrently\n"
            f'revision = "{number:04}"\ndown_revision = {before}\n{head}\n'
            f"def upgrade() -> None:\n    {work}\n"
        )
    return History(folder, "alembic_version_trial")


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Writes such a history."""
    return lambda *works, head="": write_history(tmp_path, works, head)


def faults(history: History) -> str:
    scripts = ScriptDirectory.from_config(config("", history))
    return "\n".join(line for one in scripts.walk_revisions() for line in faults_of(one))


@pytest.mark.commits
async def test_a_migration_lets_others_pass_while_a_table_is_held(
    clone_url: str, written: Write
) -> None:
    history = written("op.execute('ALTER TABLE tax_rate ADD COLUMN trial text')")
    reader, other = await asyncpg.connect(clone_url), await asyncpg.connect(clone_url)
    long_report = reader.transaction()
    await long_report.start()
    await reader.execute("SELECT count(*) FROM tax_rate")

    async with asyncio.TaskGroup() as tasks:
        migrating = tasks.create_task(
            asyncio.to_thread(upgrade, clone_url, history, waits=[0.5] * 20)
        )
        slowest = 0.0
        while time.monotonic() and not migrating.done():
            asked = time.monotonic()
            await other.execute("SELECT count(*) FROM tax_rate")
            slowest = max(slowest, time.monotonic() - asked)
            if slowest > 0.3 and long_report is not None:
                # The migration has given way to other transactions once; now the report ends.
                await long_report.rollback()
                long_report = None
            await asyncio.sleep(0.02)

    assert 0.3 < slowest < 2
    assert await other.fetchval("SELECT count(trial) FROM tax_rate") == 0
    await reader.close()
    await other.close()


@pytest.mark.commits
async def test_it_gives_up_at_last_and_says_why(clone_url: str, written: Write) -> None:
    history = written("op.execute('ALTER TABLE tax_rate ADD COLUMN trial text')")
    reader = await asyncpg.connect(clone_url)
    async with reader.transaction():
        await reader.execute("SELECT count(*) FROM tax_rate")

        with pytest.raises(OperatorError, match="did not get a table to itself"):
            await asyncio.to_thread(upgrade, clone_url, history, waits=[])

    await reader.close()


@pytest.mark.commits
async def test_who_waits_for_its_turn_is_not_in_the_way_of_a_concurrent_index(
    clone_url: str, written: Write
) -> None:
    """Each would wait for the other, if it waited inside a statement."""
    history = written(INDEX)
    first = await asyncpg.connect(clone_url)
    await first.execute("SELECT pg_advisory_lock(7261951)")

    async with asyncio.TaskGroup() as tasks:
        second = tasks.create_task(asyncio.to_thread(upgrade, clone_url, history))
        await asyncio.sleep(0.5)
        await first.execute("CREATE INDEX CONCURRENTLY ix_tax_rate_trial ON tax_rate (name)")
        assert not second.done()
        await first.close()

    assert (await state(clone_url, history)).name == "current"


VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('ix_tax_rate_trial')"


@pytest.mark.commits
def test_an_index_that_broke_off_is_made_anew(clone_url: str, written: Write) -> None:
    fetch_value(clone_url, "CREATE INDEX ix_tax_rate_trial ON tax_rate (name)")
    fetch_value(
        clone_url,
        "UPDATE pg_index SET indisvalid = false"
        " WHERE indexrelid = to_regclass('ix_tax_rate_trial')",
    )

    upgrade(clone_url, written(INDEX))

    assert fetch_value(clone_url, VALID) is True


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PlannedMigration]:
    """What the plan says of some works."""
    works = {
        "column": "op.add_column('product', sa.Column('trial', sa.Text()))",
        "rewrite": "op.alter_column('product', 'material', type_=sa.Unicode(9))",
        "scan": "op.create_check_constraint('ck_trial', 'product', 'length(title) < 9')",
        "index": "op.create_index('ix_product_trial', 'product', ['title'])",
        "concurrent": "create_index_concurrently('ix_trial', 'product', ['title'])",
        "backfill": "op.execute('UPDATE product SET subtitle = title')",
        "held": (
            "op.execute('LOCK TABLE product IN SHARE MODE')\n"
            "    op.execute('CREATE TABLE kept AS SELECT id FROM customer')"
        ),
        "new": (
            "op.create_table('trial', sa.Column('id', sa.Text(), primary_key=True))\n"
            "    op.create_index('ix_new_id', 'trial', ['id'])"
        ),
    }
    history = write_history(tmp_path_factory.mktemp("versions"), list(works.values()))
    new = [one for one in revisions() if one >= FIRST]
    found = plan({OWN: (f"{int(FIRST) - 1:04}", new), history: (None, revisions(history))})
    own = {one.name: one for one in found[: len(new)]}
    return {**own, **dict(zip(works, found[len(new) :], strict=True))}


def touched(planned: PlannedMigration) -> list[tuple[str, str, bool, bool]]:
    return [
        (one.table, one.lock, one.is_read, one.is_rewritten)
        for step in planned.steps
        for one in step.touched
    ]


@pytest.mark.slow
def test_the_plan_tells_what_each_statement_locks_reads_and_writes(
    planned: dict[str, PlannedMigration],
) -> None:
    assert touched(planned["column"]) == [("product", "ACCESS EXCLUSIVE", False, False)]
    assert touched(planned["rewrite"]) == [("product", "ACCESS EXCLUSIVE", True, True)]
    assert touched(planned["scan"]) == [("product", "ACCESS EXCLUSIVE", True, False)]
    assert touched(planned["index"]) == [("product", "SHARE", True, False)]
    assert touched(planned["concurrent"]) == [("product", "SHARE UPDATE EXCLUSIVE", True, False)]
    assert touched(planned["backfill"]) == [("product", "ROW EXCLUSIVE", True, False)]
    assert touched(planned["new"]) == []
    blocking = {name for name, one in planned.items() if one.blocks}
    assert blocking == {"rewrite", "scan", "index", "held"}
    assert planned["held"].blocks == ["product"]


@pytest.mark.slow
def test_no_migration_since_the_first_shops_lets_others_wait(
    planned: dict[str, PlannedMigration],
) -> None:
    own = {one.name: one.blocks for one in planned.values() if one.name[:4] >= FIRST}

    assert not {name: tables for name, tables in own.items() if tables}


@pytest.mark.parametrize(
    ("work", "rule"),
    [
        ("op.create_index('ix_trial', 'product', ['title'])", "require-concurrent-index-creation"),
        ("op.drop_column('product', 'title')", "ban-drop-column"),
        ("op.alter_column('product', 'title', new_column_name='name')", "renaming-column"),
        ("op.alter_column('product', 'title', type_=sa.Unicode(9))", "changing-column-type"),
        ("op.create_check_constraint('ck_trial', 'product', 'x > 1')", "constraint-missing-not"),
        (
            "op.add_column('product', sa.Column('trial', sa.Text(), nullable=False))",
            "adding-required-field",
        ),
        (f"{INDEX}\n    op.execute('UPDATE product SET title = title')", "of its own"),
    ],
)
def test_what_would_stop_a_shop_is_named(written: Write, work: str, rule: str) -> None:
    assert rule in faults(written(work))


def test_what_goes_on_beside_sales_is_let_through(written: Write) -> None:
    history = written(
        "op.add_column('product', sa.Column('trial', sa.Text()))",
        INDEX,
        "op.execute('ALTER TABLE product ADD CONSTRAINT x CHECK (y > 1) NOT VALID')",
        "op.execute('ALTER TABLE product VALIDATE CONSTRAINT x')",
        "op.create_table('trial', sa.Column('id', sa.Text(), primary_key=True))\n"
        "    op.create_index('ix_new_id', 'trial', ['id'])",
    )

    assert faults(history) == ""


def test_taking_away_is_let_through_where_the_oldest_code_is_named(written: Write) -> None:
    assert faults(written("op.drop_column('tax_rate', 'name')", head='oldest_code = "0001"')) == ""


@pytest.mark.slow
def test_an_empty_database_gets_at_once_what_the_migrations_make_one_by_one(
    clone_url: str, empty_url: str
) -> None:
    upgrade(empty_url, to=revisions()[-1])

    at_once, one_by_one = (
        subprocess.run(
            [programs() / "pg_dump", "--no-owner", "--schema-only", "--restrict-key=x", url],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for url in (clone_url, empty_url)
    )
    assert at_once == one_by_one
    assert asyncio.run(state(clone_url)) == asyncio.run(state(empty_url))


@pytest.mark.commits
def test_code_that_is_older_works_on_what_was_added(clone_url: str, written: Write) -> None:
    history = written("op.add_column('tax_rate', sa.Column('trial', sa.Text()))", "pass")
    upgrade(clone_url, history)
    (history.folder / "0002_trial.py").unlink()

    assert asyncio.run(state(clone_url, history)).name == "ahead"


@pytest.mark.commits
def test_code_that_needs_what_was_taken_away_is_refused(clone_url: str, written: Write) -> None:
    history = written("pass", "pass", head="oldest_code = revision")
    upgrade(clone_url, history)
    (history.folder / "0002_trial.py").unlink()

    assert asyncio.run(state(clone_url, history)).name == "newer"
