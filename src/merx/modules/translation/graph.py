"""What can be read of languages and of texts in other languages."""

from merx.modules.translation import models
from merx.query.graph import Entity, Field, Kind, columns, table_name

# Of the texts that are stored, those whose field is translated by the live, active settings.
_SHOWN = """FROM translation_settings s, jsonb_each_text({row}.translations) text
 WHERE s.entity_type = {row}.reference AND s.deleted_at IS NULL AND s.is_active
   AND s.fields ? text.key"""

SHOWN_TEXTS = (
    f"(SELECT coalesce(jsonb_object_agg(text.key, text.value), '{{{{}}}}'::jsonb) {_SHOWN})"
)
SHOWN_COUNT = f"(SELECT count(*) {_SHOWN} AND text.value <> '')"

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
        "translations": Field(SHOWN_TEXTS, Kind.JSON),
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
