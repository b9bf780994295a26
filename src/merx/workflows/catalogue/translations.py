"""Translations and their settings: delete, update and create in one call."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from merx.batch import Insert, Patch, Row, insert_all, lock_rows, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound, Problem, refuse
from merx.core.ids import new_id
from merx.links import GRAPH
from merx.modules.translation.models import Translation, TranslationSettings
from merx.modules.translation.schemas import (
    BatchSettings,
    BatchTranslations,
    SettingInput,
    SettingPatch,
    TranslationPatch,
)
from merx.modules.translation.texts import TEXTS, locale_code
from merx.outbox import emit_all
from merx.query.plan import Plan
from merx.query.sql import select_page

_TRANSLATIONS = Translation.__table__
_SETTINGS = TranslationSettings.__table__


async def batch_translations(
    tx: Transaction, batch: BatchTranslations
) -> tuple[list[str], list[str]]:
    """Delete, then update, then create translations; returns the ids of the created and the
    updated.

    Of several changes to one translation the last wins, text by text; one that is deleted and
    updated in one call is deleted.
    """
    deleted = await soft_delete_rows(tx, _TRANSLATIONS, batch.delete)
    gone = set(batch.delete)
    patches = [(n, patch) for n, patch in enumerate(batch.update) if patch.id not in gone]
    updated = await _update(tx, patches)
    rows = [
        {
            "id": new_id("trans"),
            **draft.model_dump(),
            "locale_code": locale_code(draft.locale_code),
        }
        for draft in batch.create
    ]
    # Sorted, so two requests with the same texts cannot deadlock.
    ordered = sorted(rows, key=lambda row: (row["reference_id"], row["locale_code"]))
    await insert_all(tx, Insert(_TRANSLATIONS, ordered))
    created: list[str] = [row["id"] for row in rows]
    await emit_all(
        tx,
        {
            "translation.deleted": deleted,
            "translation.updated": updated,
            "translation.created": created,
        },
    )
    return created, updated


async def _update(tx: Transaction, patches: Sequence[tuple[int, TranslationPatch]]) -> list[str]:
    """Change translations by patches, each with its path in the request; returns their ids."""
    ids = list(dict.fromkeys(patch.id for _, patch in patches))
    records = await lock_rows(tx, _TRANSLATIONS, ids, "translations")
    texts: dict[str, dict[str, str]] = {row["id"]: row["translations"] for row in records}
    missing = [(patch.id, place) for place, patch in patches if patch.id not in texts]
    problems: list[Problem] = [
        {"path": f"update[{place}].id", "message": f'Translation with id "{given}" not found'}
        for given, place in missing
    ]
    refuse(problems, NotFound)
    changes: dict[str, dict[str, Any]] = {given: {} for given in ids}
    for _, patch in patches:
        change = patch.model_dump(exclude={"id"}, exclude_unset=True)
        if "locale_code" in change:
            change["locale_code"] = locale_code(patch.locale_code)
        if "translations" in change:
            texts[patch.id] = {**texts[patch.id], **patch.translations}
            change["translations"] = texts[patch.id]
        changes[patch.id] |= change
    await update_rows(tx, _TRANSLATIONS, changes)
    return ids


async def batch_settings(tx: Transaction, batch: BatchSettings) -> tuple[list[Any], list[Any]]:
    """Delete, then update, then create settings; returns the created and updated rows.

    Raises InvalidData for entities that cannot be translated.
    """
    await soft_delete_rows(tx, _SETTINGS, batch.delete)
    ids = list(dict.fromkeys(patch.id for patch in batch.update))
    records = await lock_rows(tx, _SETTINGS, ids, "entity_type")
    types = {record["id"]: record["entity_type"] for record in records}
    kinds = [patch.entity_type or types.get(patch.id, "") for patch in batch.update]
    _refuse_unknown(
        [(draft.entity_type, draft.fields, f"create[{n}]") for n, draft in enumerate(batch.create)]
        + [
            (kinds[n] if patch.id in types else "undefined", patch.fields, f"update[{n}]")
            for n, patch in enumerate(batch.update)
        ]
    )
    await update_rows(tx, _SETTINGS, _setting_changes(batch.update))
    rows = [_setting_row(draft) for draft in batch.create]
    await insert_all(tx, Insert(_SETTINGS, rows))
    return [row["id"] for row in rows], ids


def _setting_row(draft: SettingInput) -> Row:
    return {"id": new_id("trset"), **draft.model_dump()}


def _setting_changes(patches: Sequence[SettingPatch]) -> Mapping[str, Patch]:
    changes: dict[str, dict[str, Any]] = {}
    for patch in patches:
        changes.setdefault(patch.id, {}).update(
            patch.model_dump(exclude={"id"}, exclude_unset=True)
        )
    return changes


def _refuse_unknown(settings: Sequence[tuple[str, Sequence[str], str]]) -> None:
    """Refuse settings, each with entity, fields and path, of an entity without such texts."""
    problems: list[Problem] = []
    for kind, fields, path in settings:
        unknown = [name for name in fields if name not in TEXTS.get(kind, ())]
        if kind not in TEXTS:
            words = f"{kind} is not a translatable entity"
            problems.append({"path": f"{path}.entity_type", "message": words})
        elif unknown:
            words = f"{kind} doesn't have the following fields set as translatable:"
            problems.append({"path": f"{path}.fields", "message": f"{words} {', '.join(unknown)}"})
    if problems:
        lines = "".join(f"\n- {problem.get('message', '')}" for problem in problems)
        raise InvalidData(f"Invalid translation settings:{lines}", problems=problems)


async def read_entities(
    tx: Transaction, entity_type: str, plan: Plan, *, limit: int, offset: int
) -> tuple[bytes, int]:
    """A page of rows with their translatable texts and their translations.

    The settings are read in the statement that reads the page; other texts of a row, which the plan
    selects too, are removed here.
    """
    page = select_page(GRAPH, plan, limit, offset)
    values = [*page.values, entity_type]
    record = await tx.fetchrow(
        "SELECT page.rows, page.count, (SELECT s.fields FROM translation_settings s"
        f" WHERE s.entity_type = ${len(values)}::text AND s.deleted_at IS NULL) AS fields"
        f" FROM ({page.text}) AS page(rows, count)",
        *values,
    )
    assert record is not None
    named: list[str] = record["fields"] or []
    shown = {"id", "translations", *named}
    rows = [
        {name: value for name, value in row.items() if name in shown}
        for row in orjson.loads(record["rows"])
    ]
    return orjson.dumps(rows), record["count"]
