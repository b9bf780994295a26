"""/admin/translations: translations, their settings and statistics."""

from dataclasses import replace
from functools import cache
from typing import Any

from fastapi import Request, Response

from merx.core.shapes import is_list
from merx.links import GRAPH
from merx.modules.translation.schemas import BatchSettings, BatchTranslations
from merx.modules.translation.service import read_settings, read_statistics
from merx.modules.translation.texts import TEXTS, locale_code
from merx.web.answers import Described, answers, answers_page, batch_answer
from merx.web.bodies import check_rows
from merx.web.filter_values import Reader
from merx.web.filters import boolean, text, texts
from merx.web.queries import ReadQuery, page_query
from merx.web.querystring import Query, parse_query
from merx.web.reads import answer_page, find_given, wrap
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read, Write
from merx.web.wording import got, invalid, unrecognized
from merx.workflows.catalogue.translations import batch_settings, batch_translations, read_entities

TRANSLATION = Resource(
    "translation",
    "translation",
    "translations",
    "id, reference_id, reference, locale_code, translations",
    {
        "reference_id": texts("reference_id"),
        "reference": text("reference"),
        "locale_code": text("locale_code"),
    },
)
SETTINGS = Resource(
    "translation_settings",
    "translation_settings",
    "translation_settings",
    "id, entity_type, fields, is_active, created_at, updated_at, deleted_at",
    {"entity_type": text("entity_type"), "is_active": boolean("is_active")},
    searchable=False,
    combines=False,
)
_STATISTICS = {"locales": texts("locale_code"), "entity_types": texts("reference")}
_WHOLE = ReadQuery(None, {})

router = Router(prefix="/translations", tags=["translations"])


@router.get("", openapi_extra=TRANSLATION.page_parameters)
async def list_translations(request: Request, tx: Read) -> Response:
    """List translations that match the filters."""
    return await answer_page(tx, TRANSLATION, request)


@router.post("/batch", openapi_extra=batch_answer(TRANSLATION))
async def batch(request: Request, body: BatchTranslations, tx: Write) -> Response:
    """Delete, update and create translations, all or none."""
    check_rows(request, len(body.create), len(body.update), len(body.delete))
    created, updated = await batch_translations(tx, body)
    return wrap(
        created=await find_given(tx, TRANSLATION, created, _WHOLE),
        updated=await find_given(tx, TRANSLATION, updated, _WHOLE),
        deleted={"ids": body.delete, "object": "translation", "deleted": True},
    )


_TYPE = {
    "name": "type",
    "in": "query",
    "required": True,
    "description": "The entity, such as `product`.",
    "schema": {"type": "string"},
}


@router.get("/entities", openapi_extra=Described([_TYPE]) | answers_page(data=list[dict[str, Any]]))
async def list_entities(request: Request, tx: Read) -> Response:
    """List rows of one entity with their texts and all translations of them."""
    kind = parse_query(request.url.query).get("type")
    if kind is None:
        raise invalid([{"path": "type", "message": "Field 'type' is required"}])
    page = page_query(request, _entities(kind if isinstance(kind, str) else ""))
    if kind not in TEXTS or kind not in GRAPH:
        return wrap(data=[], count=0, offset=0, limit=0)
    plan = replace(page.plan, root=_entities(kind).selection(None))
    rows, count = await read_entities(tx, kind, plan, limit=page.limit, offset=page.offset)
    return wrap(data=rows, count=count, offset=page.offset, limit=page.limit)


@cache
def _known(kind: str) -> Resource:
    fields = f"id, {', '.join(TEXTS[kind])}, *translations"
    return Resource(
        kind,
        kind,
        "data",
        fields,
        {"id": texts("id")},
        context=("type",),
        searchable=False,
        combines=False,
    )


def _entities(kind: str) -> Resource:
    """The graph's entity for a name; products if there is none."""
    return _known(kind if kind in TEXTS and kind in GRAPH else "product")


_SETTINGS = Described(SETTINGS.filter_parameters) | answers(translation_settings=dict[str, Any])


@router.get("/settings", openapi_extra=_SETTINGS)
async def list_settings(request: Request, tx: Read) -> Response:
    """List which fields are translated and which are not, by entity."""
    values = parse_query(request.url.query)
    reader = Reader()
    unknown = [name for name in values if name not in SETTINGS.filters]
    reader.read(SETTINGS.filters, values, ())
    if unknown:
        reader.refuse(unrecognized(unknown), (unknown[0],))
    reader.check()
    active = values.get("is_active")
    found = await read_settings(
        tx, values.get("entity_type"), None if active is None else active.lower() == "true"
    )
    return wrap(translation_settings=found)


@router.post("/settings/batch", openapi_extra=batch_answer(SETTINGS))
async def change_settings(request: Request, body: BatchSettings, tx: Write) -> Response:
    """Delete, update and create settings, all or none."""
    check_rows(request, len(body.create), len(body.update), len(body.delete))
    created, updated = await batch_settings(tx, body)
    return wrap(
        created=await find_given(tx, SETTINGS, created, _WHOLE),
        updated=await find_given(tx, SETTINGS, updated, _WHOLE),
        deleted={"ids": body.delete, "object": "translation_settings", "deleted": True},
    )


@router.get("/statistics", openapi_extra=answers(statistics=dict[str, dict[str, Any]]))
async def get_statistics(request: Request, tx: Read) -> Response:
    """Get how many texts of each entity are translated into each language."""
    values = parse_query(request.url.query)
    reader = Reader()
    locales, kinds = (_listed(reader, values, name) for name in _STATISTICS)
    reader.check()
    codes = list(dict.fromkeys(map(locale_code, locales)))
    tables = {kind: _count_of(kind) for kind in kinds}
    return wrap(statistics=await read_statistics(tx, tables, codes))


def _listed(reader: Reader, values: Query, name: str) -> list[str]:
    """One text or a list of texts that the query must contain."""
    value = values.get(name)
    if value is None:
        reader.refuse(f"Field '{name}' is required", (name,))
    elif isinstance(value, str):
        return [value]
    elif is_list(value) and all(isinstance(item, str) for item in value):
        return value
    else:
        message = f"Expected type: 'string, array' for field '{name}', got: '{got(value)}'"
        reader.refuse(message, (name,))
    return []


def _count_of(kind: str) -> str | None:
    """The SQL that counts the live rows of an entity."""
    if kind not in TEXTS or kind not in GRAPH:
        return None
    entity = GRAPH[kind]
    live = "e.deleted_at IS NULL" if entity.soft else "true"
    return f"SELECT count(*) FROM {entity.table} e WHERE {live}"
