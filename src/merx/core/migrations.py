"""Brings a database to the newest schema, with Alembic, while the shop sells.

A statement that waits for a lock on a table lets everybody wait who comes after it. So a migration
waits half a second at most; then it is undone, those behind it go on, and it is tried again. That
is less than PostgreSQL takes to look for deadlocks: a sale and a migration that wait for each other
are told apart by the migration, which gives way.
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from alembic import command, op
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from merx.core.operator_errors import OperatorError
from merx.core.schema_state import OWN, History, folder

LOCK_TIMEOUT = "500ms"
# An option of Alembic's context: there are no rows yet, and no other sessions to block.
IN_EMPTY = "merx_in_empty"
# Half an hour in all: longer than most reports and backups hold their tables.
_WAITS = (0.2, 0.5, 1, 2, 5, 10, *(20,) * 85)
# A lock that was not to be had in time, and a deadlock that was decided against the migration.
_BLOCKED = ("55P03", "40P01")
_log = logging.getLogger(__name__)

# Called with the connection that migrates before it begins; and after each migration, with its id.
Watch = Callable[[Connection], Callable[[str], None]]


def config(
    url: str, history: History = OWN, *, watch: Watch | None = None, is_whole: bool = False
) -> Config:
    """Alembic's configuration, in place of an alembic.ini.

    `is_whole`: an empty database may get the whole history of Merx at once.
    """
    attributes = {"url": url, "table": history.table, "watch": watch, "is_whole": is_whole}
    configuration = Config(attributes=attributes)
    configuration.set_main_option("version_locations", str(history.folder).replace("%", "%%"))
    configuration.set_main_option("script_location", str(folder()).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    configuration.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return configuration


def upgrade(
    url: str,
    history: History = OWN,
    *,
    to: str = "head",
    watch: Watch | None = None,
    waits: Sequence[float] = _WAITS,
) -> None:
    """Run the missing migrations; processes that do so at the same time take turns."""
    is_whole = history == OWN and to == "head" and watch is None
    for wait in (*waits, None):
        try:
            command.upgrade(config(url, history, watch=watch, is_whole=is_whole), to)
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _BLOCKED:
                raise
            if wait is None:
                raise OperatorError(
                    "A migration did not get a table to itself: others hold it"
                    f" (pg_stat_activity tells who). What was done so far stays.  {error.orig}"
                ) from error
            _log.warning("A migration waits for a table; again in %s s: %s", wait, error.orig)
            time.sleep(wait)


def create_index_concurrently(name: str, table: str, columns: list[Any], **options: Any) -> None:
    """For migrations: make an index of a table that may be big, while it is read and written.

    It commits what the migration has done before, so such a migration does nothing else. One that
    broke off leaves an index that nobody uses: it is dropped first.
    """
    context = op.get_context()
    if context.opts.get(IN_EMPTY):
        op.create_index(name, table, columns, **options)
        return
    with context.autocommit_block():
        # This statement blocks no others, so it may wait for earlier transactions.
        op.execute("SET lock_timeout = 0")
        if not context.as_sql and _is_unfinished(op.get_bind(), name):
            op.drop_index(name, table, postgresql_concurrently=True)
        op.create_index(
            name, table, columns, postgresql_concurrently=True, if_not_exists=True, **options
        )
        op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")


def _is_unfinished(connection: Connection, index: str) -> bool:
    query = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
    return connection.execute(query, {"name": f'"{index}"'}).scalar() is False
