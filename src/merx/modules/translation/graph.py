"""What can be read of locales and translations."""

from dataclasses import replace

from merx.modules.translation import models
from merx.modules.translation.texts import TEXTS
from merx.query.graph import Entity, Field, Kind, columns, table_name
from merx.query.json_schemas import TEXT, mapping_of, or_null

# The stored translations whose field is translated by live, active settings.
_SHOWN = """FROM translation_settings s, jsonb_each_text({row}.translations) text
 WHERE s.entity_type = {row}.reference AND s.deleted_at IS NULL AND s.is_active
   AND s.fields ? text.key"""

SHOWN_TEXTS = (
    f"(SELECT coalesce(jsonb_object_agg(text.key, text.value), '{{{{}}}}'::jsonb) {_SHOWN})"
)
SHOWN_COUNT = f"(SELECT count(*) {_SHOWN} AND text.value <> '')"

# The field's text in the reader's language; the original if there is none or it is empty.
_TRANSLATED = """CASE WHEN {{context[locale]}} IS NULL THEN {own} ELSE coalesce((
    SELECT nullif(t.translations ->> '{name}', '') FROM translation t
    WHERE t.reference_id = {{row}}.id AND t.locale_code = {{context[locale]}}
    AND t.deleted_at IS NULL AND EXISTS (
      SELECT FROM translation_settings s WHERE s.entity_type = '{kind}'
      AND s.deleted_at IS NULL AND s.is_active AND s.fields ? '{name}')), {own}) END"""


def translated(entity: Entity) -> Entity:
    """The entity, with its texts in the language of the reader's context.

    Filters and order use the original texts, as on the reference.
    """
    kind = entity.table.strip('"')
    shown = {
        name: replace(
            entity.fields[name],
            shown=_TRANSLATED.format(own=entity.fields[name].sql, name=name, kind=kind),
            uses=(*entity.fields[name].uses, "locale"),
        )
        for name in TEXTS.get(kind, ())
    }
    return replace(entity, fields={**entity.fields, **shown})


LOCALE = Entity(
    "locale",
    table_name(models.Locale.__table__),
    columns(models.Locale.__table__),
    always=("code",),
    search=("code", "name"),
    key="code",
)

TRANSLATION = Entity(
    "translation",
    table_name(models.Translation.__table__),
    {
        **columns(models.Translation.__table__),
        "translations": Field(SHOWN_TEXTS, Kind.JSON, schema=mapping_of(or_null(TEXT))),
        "translated_field_count": Field(SHOWN_COUNT, Kind.NUMBER),
        "stored": Field("{row}.translations", Kind.JSON, starred=False),
    },
    always=("reference_id",),
    search=("stored",),
)

SETTINGS = Entity(
    "translation_settings",
    table_name(models.TranslationSettings.__table__),
    columns(models.TranslationSettings.__table__),
)

ENTITIES = (LOCALE, TRANSLATION, SETTINGS)
