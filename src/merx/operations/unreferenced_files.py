"""Uploaded files that nothing in the shop refers to."""

from datetime import UTC, datetime, timedelta

from merx.core.database import Transaction
from merx.providers.file import FileProvider, ListedFile

# Newer ones may belong to something that is just being written.
YOUNGEST = timedelta(days=1)

# Any text may contain a file's URL, metadata above all, so every table is searched.
_TABLES = """
SELECT quote_ident(c.relname) FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' ORDER BY 1"""
_NAMED = """
SELECT DISTINCT found[1] FROM {} AS r
CROSS JOIN LATERAL regexp_matches(r::text, '/static/([A-Za-z0-9._-]+)', 'g') AS found
WHERE r::text LIKE '%/static/%'"""
_KEYS = """
SELECT file_key FROM product_import
WHERE file_key IS NOT NULL AND state IN ('waiting', 'confirmed', 'running')
UNION ALL
SELECT file_key FROM bulk_job WHERE file_key IS NOT NULL AND ended_at IS NULL"""


async def find_unreferenced(
    tx: Transaction, files: FileProvider, *, youngest: timedelta = YOUNGEST
) -> list[ListedFile]:
    """The files that no row mentions, and that are not new. Reads every table once."""
    latest = datetime.now(UTC) - youngest
    found = {file.key: file async for file in files.listed() if file.changed_at < latest}
    if not found:
        return []
    tables = [record[0] for record in await tx.fetch(_TABLES)]
    for statement in (_KEYS, *(_NAMED.format(table) for table in tables)):
        for record in await tx.fetch(statement):
            found.pop(record[0], None)
    return sorted(found.values(), key=lambda file: file.key)
