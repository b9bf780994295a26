"""Runs migrations over asyncpg, one transaction each, one process at a time."""

import asyncio
import time
from collections.abc import Callable, Iterable
from io import StringIO
from typing import Any

import asyncpg
from alembic import context
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

from merx import links
from merx.core.migrations import IN_EMPTY, LOCK_TIMEOUT
from merx.core.schema import Base
from merx.core.schema_state import OWN, remember_oldest_code
from merx.outbox import models as outbox

# All tables: importing these loads every model into Base.metadata.
MODELS = (links, outbox)

# Any number of our own, the same in every process: who holds it migrates, the others wait.
LOCK = 7_261_951


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    """Months of the audit log come and go without migrations."""
    return not (kind == "table" and name is not None and name.startswith("audit_log_"))


def migrate(connection: Connection) -> None:
    """Run the asked-for migrations, or compare the schema with the models, on `connection`."""
    take_turn(connection)
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    # The history of the schema is no change of the shop.
    connection.execute(text("SET merx.audit = 'off'"))
    connection.commit()
    attributes = context.config.attributes
    if attributes.get("is_whole") and is_empty(connection):
        make_at_once(connection)
        return
    watch = attributes.get("watch")
    watching = None if watch is None else watch(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        compare_server_default=True,
        version_table=attributes["table"],
        on_version_apply=lambda step, **_: after_migration(connection, step, watching),
        include_name=_is_ours,
    )
    with context.begin_transaction():
        context.run_migrations()


def take_turn(connection: Connection) -> None:
    """Wait until nobody else migrates.

    It asks again and again: a statement that waits has a snapshot, and an index that is made
    concurrently waits for all snapshots.
    """
    ask = text("SELECT pg_try_advisory_lock(:lock)")
    while not connection.execute(ask, {"lock": LOCK}).scalar():
        connection.commit()
        time.sleep(0.1)
    connection.commit()


def is_empty(connection: Connection) -> bool:
    """Whether no migration has run yet."""
    table = {"table": OWN.table}
    found = connection.execute(text("SELECT to_regclass(:table) IS NULL"), table).scalar()
    connection.commit()
    return bool(found)


def make_at_once(connection: Connection) -> None:
    """Send all migrations as one text, which is one transaction: each statement alone would take
    three round trips, and a new shop has to wait for a thousand."""
    written = StringIO()
    options = {"as_sql": True, "output_buffer": written, IN_EMPTY: True}
    rendering = MigrationContext.configure(dialect_name="postgresql+asyncpg", opts=options)
    steps = list(context.script.walk_revisions())[::-1]
    with Operations.context(rendering):
        for step in steps:
            step.module.upgrade()
    written.write(
        f"CREATE TABLE {OWN.table} (version_num varchar(32) NOT NULL"
        f" CONSTRAINT {OWN.table}_pkc PRIMARY KEY);"
        f"INSERT INTO {OWN.table} VALUES ('{steps[-1].revision}');"
        f"COMMENT ON TABLE {OWN.table} IS '{oldest_code(steps)}'"
    )
    driver = connection.connection.driver_connection
    assert isinstance(driver, asyncpg.Connection)
    await_only(driver.execute(written.getvalue()))


def oldest_code(steps: Iterable[Script]) -> str:
    """The first revision whose code can work on what these have made."""
    return max(getattr(step.module, "oldest_code", "0001") for step in steps)


def after_migration(
    connection: Connection, step: Any, watching: Callable[[str], None] | None
) -> None:
    """Write down which older code can still work, in the transaction of the migration."""
    if watching is not None:
        watching(step.up_revision_id)
    history = context.script.iterate_revisions(step.up_revision_id, "base")
    remember_oldest_code(connection, context.config.attributes["table"], oldest_code(history))


async def connect_and_migrate(url: str) -> None:
    """Migrate over a connection of its own; the lock ends with it."""
    # asyncpg reads the URL itself: it knows sockets, passwords and TLS as the server's pool does.
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(url),
        poolclass=pool.NullPool,
    )
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(connect_and_migrate(context.config.attributes["url"]))
