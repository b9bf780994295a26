"""Runs migrations over asyncpg, one transaction each, one process at a time."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import asyncpg
from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from merx import links
from merx.core.migrations import LOCK_TIMEOUT
from merx.core.schema import Base
from merx.core.schema_state import remember_oldest_code
from merx.modules.idempotency import models as idempotency
from merx.modules.list_count import models as list_count
from merx.outbox import models as outbox

# All tables: importing these loads every model into Base.metadata.
MODELS = (links, idempotency, list_count, outbox)

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


def after_migration(
    connection: Connection, step: Any, watching: Callable[[str], None] | None
) -> None:
    """Write down which older code can still work, in the transaction of the migration."""
    if watching is not None:
        watching(step.up_revision_id)
    history = context.script.iterate_revisions(step.up_revision_id, "base")
    oldest = max(getattr(one.module, "oldest_code", "0001") for one in history)
    remember_oldest_code(connection, context.config.attributes["table"], oldest)


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
