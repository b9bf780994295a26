"""TEMPORARY until tests/conftest.py exists."""

import os

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

import merx.outbox.models as models
from merx.core.database import Database
from merx.core.schema_state import revisions


def ddl():
    out = []
    for table in (models.EventRow.__table__, models.DeliveryRow.__table__):
        out.append(str(CreateTable(table).compile(dialect=postgresql.dialect())))
        out += [str(CreateIndex(i).compile(dialect=postgresql.dialect())) for i in table.indexes]
    return ";\n".join(out)


@pytest.fixture
def database_url():
    return os.environ["OBX"]


@pytest.fixture
async def database(database_url):
    d = Database(database_url)
    await d.open()
    async with d.read() as c:
        await c.execute("drop table if exists event_delivery; drop table if exists event")
        await c.execute(ddl())
        await c.execute(
            "drop table if exists alembic_version; create table alembic_version (version_num text)"
        )
        await c.execute("insert into alembic_version values ($1)", revisions()[-1])
    yield d
    await d.close()


@pytest.fixture
async def tx(database):
    async with database.read() as c:
        t = c.transaction()
        await t.start()
        yield c
        await t.rollback()
