"""Reads of translation settings and statistics, and the initial settings of every shop."""

from collections.abc import Mapping, Sequence
from typing import Any

from merx.batch import Row
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.core.shapes import Json
from merx.modules.translation.graph import SHOWN_COUNT
from merx.modules.translation.texts import TEXTS

# An entity that ever had settings is left alone, even if they were deleted.
_INSTALL = """
INSERT INTO translation_settings (id, entity_type, fields)
SELECT given.id, given.entity_type, given.fields
FROM jsonb_to_recordset($1) AS given (id text, entity_type text, fields jsonb)
WHERE NOT EXISTS (SELECT FROM translation_settings s WHERE s.entity_type = given.entity_type)"""

_SETTINGS = """
SELECT id, entity_type, fields, is_active FROM translation_settings
WHERE deleted_at IS NULL AND entity_type IS NOT NULL
  AND ($1::text IS NULL OR entity_type = $1) AND ($2::boolean IS NULL OR is_active = $2)
ORDER BY entity_type"""

# How many texts each entity ($1, with its number of rows in $2) has, and how many of them are
# translated into each language ($3).
_STATISTICS = f"""
SELECT type.name, locale.code,
  type.rows * coalesce((
    SELECT jsonb_array_length(s.fields) FROM translation_settings s
    WHERE s.entity_type = type.name AND s.deleted_at IS NULL AND s.is_active), 0) AS expected,
  (SELECT coalesce(sum({SHOWN_COUNT.format(row="t")}), 0)::bigint FROM translation t
   WHERE t.reference = type.name AND t.locale_code = locale.code AND t.deleted_at IS NULL)
   AS translated
FROM ({{rows}}) AS type(name, rows, place),
  unnest($1::text[]) WITH ORDINALITY AS locale(code, place)
ORDER BY type.place, locale.place"""


async def install_settings(tx: Transaction) -> None:
    """Enable translation of every translatable text, where nobody has decided otherwise."""
    rows = [
        {"id": new_id("trset"), "entity_type": kind, "fields": fields}
        for kind, fields in TEXTS.items()
    ]
    await tx.execute(_INSTALL, rows)


async def read_settings(
    tx: Transaction, entity_type: str | None, is_active: bool | None
) -> dict[str, Row]:
    """Which fields are translated and which are not, by entity."""
    records = await tx.fetch(_SETTINGS, entity_type, is_active)
    return {
        record["entity_type"]: {
            "id": record["id"],
            "fields": record["fields"] if record["is_active"] else [],
            "inactive_fields": [
                name
                for name in TEXTS.get(record["entity_type"], ())
                if not (record["is_active"] and name in record["fields"])
            ],
            "is_active": record["is_active"],
        }
        for record in records
    }


async def read_statistics(
    tx: Transaction, tables: Mapping[str, str | None], locales: Sequence[str]
) -> dict[str, Json]:
    """How complete the translations are (`tables`: entity → its live rows as SQL)."""
    kinds = list(tables)
    rows = " UNION ALL ".join(
        f"SELECT ($2::text[])[{place}], ({counted or 'SELECT 0'}), {place}"
        for place, counted in enumerate(tables.values(), start=1)
    )
    records = await tx.fetch(_STATISTICS.replace("{rows}", rows), list(locales), kinds)
    found: dict[str, dict[str, Any]] = {}
    for record in records:
        parts = found.setdefault(record["name"], {**_NOTHING, "by_locale": {}})
        expected, translated = record["expected"], record["translated"]
        missing = expected - translated
        part = {"expected": expected, "translated": translated, "missing": missing}
        parts["by_locale"][record["code"]] = part
        for name, number in part.items():
            parts[name] += number
    return found


_NOTHING = {"expected": 0, "translated": 0, "missing": 0}
