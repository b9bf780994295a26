"""Runs migrations over asyncpg, one transaction each, one process at a time."""

import asyncio

import asyncpg
from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from merx import links
from merx.core.schema import Base
from merx.modules.idempotency import models as idempotency
from merx.modules.list_count import models as list_count
from merx.outbox import models as outbox

# All tables: importing these loads every model into Base.metadata.
MODELS = (links, idempotency, list_count, outbox)

# Any number of our own, the same in every process: who holds it migrates, the others wait.
LOCK = 7_261_951


def migrate(connection: Connection) -> None:
    """Run the asked-for migrations, or compare the schema with the models, on `connection`."""
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        compare_server_default=True,
        version_table=context.config.attributes["table"],
    )
    with context.begin_transaction():
        context.run_migrations()


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
