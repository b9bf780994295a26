"""Creates and changes service zones with their geo zones."""

from collections.abc import Sequence
from typing import Any

from merx.batch import Insert, Row, insert_all, lock_rows, soft_delete_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import NotFound, Problem, check_present, refuse
from merx.core.ids import new_id
from merx.modules.fulfillment.models import FulfillmentSet, GeoZone, ServiceZone
from merx.modules.fulfillment.zone_schemas import (
    CreateServiceZone,
    GeoZoneInput,
    GeoZonePatch,
    UpdateServiceZone,
)
from merx.outbox import emit

_SETS = FulfillmentSet.__table__
_ZONES = ServiceZone.__table__
_PLACES = GeoZone.__table__

_PARTS = ("province_code", "city", "postal_expression")

_UNKNOWN_COUNTRIES = """
SELECT code FROM unnest($1::text[]) WITH ORDINALITY AS given(code, place)
WHERE NOT EXISTS (SELECT 1 FROM country c WHERE c.iso_2 = given.code) ORDER BY place"""

_PRESENT = """SELECT id FROM geo_zone
WHERE service_zone_id = $1 AND deleted_at IS NULL ORDER BY id FOR UPDATE"""


async def create_service_zone(tx: Transaction, set_id: str, draft: CreateServiceZone) -> str:
    """Create a zone of a fulfillment set; returns its id.

    Raises NotFound without the set, InvalidData for countries that do not exist.
    """
    if not await lock_rows(tx, _SETS, [set_id], shared=True):
        raise NotFound(
            f"You tried to set relationship fulfillment_set_id: {set_id},"
            " but such entity does not exist"
        )
    await _check_countries(tx, draft.geo_zones)
    zone_id = new_id("serzo")
    zone = {"id": zone_id, "name": draft.name, "fulfillment_set_id": set_id}
    places = [_row(zone_id, place) for place in draft.geo_zones]
    await insert_all(tx, Insert(_ZONES, [zone]), Insert(_PLACES, places))
    await emit(tx, "service-zone.created", [zone_id])
    return zone_id


async def update_service_zone(
    tx: Transaction, set_id: str, zone_id: str, patch: UpdateServiceZone
) -> None:
    """Change a zone of the set; the given places replace those it had."""
    await lock_zone(tx, set_id, zone_id)
    if "name" in patch.model_fields_set:
        await update_rows(tx, _ZONES, {zone_id: {"name": patch.name}})
    if "geo_zones" in patch.model_fields_set:
        await _check_countries(tx, patch.geo_zones)
        await _replace_places(tx, zone_id, patch.geo_zones)
    await emit(tx, "service-zone.updated", [zone_id])


async def lock_zone(tx: Transaction, set_id: str, zone_id: str) -> None:
    """Lock a zone of the set until the end; NotFound if there is no such set or zone in it."""
    if not await lock_rows(tx, _SETS, [set_id], shared=True):
        raise NotFound(f"FulfillmentSet with id: {set_id} was not found")
    records = await lock_rows(tx, _ZONES, [zone_id], "fulfillment_set_id")
    if not records or records[0]["fulfillment_set_id"] != set_id:
        raise NotFound(f"Service zone with id: {zone_id} not found on fulfillment set")


async def _replace_places(tx: Transaction, zone_id: str, wanted: Sequence[GeoZonePatch]) -> None:
    present = {record["id"] for record in await tx.fetch(_PRESENT, zone_id)}
    kept = {place.id: place for place in wanted if place.id is not None}
    check_present(kept, present, "The following geo zones does not exists: {}")
    await soft_delete_rows(tx, _PLACES, sorted(present - set(kept)))
    await update_rows(tx, _PLACES, {place_id: _columns(place) for place_id, place in kept.items()})
    new = [_row(zone_id, place) for place in wanted if place.id is None]
    await insert_all(tx, Insert(_PLACES, new))


def _columns(place: GeoZoneInput) -> Row:
    """The columns of a place; its metadata stays unless new metadata is given."""
    columns: dict[str, Any] = {
        "type": place.type,
        "country_code": place.country_code,
        **{name: getattr(place, name) for name in _PARTS},
    }
    if "metadata" in place.model_fields_set:
        columns["metadata"] = place.metadata
    return columns


def _row(zone_id: str, place: GeoZoneInput) -> Row:
    return {
        "id": new_id("fgz"),
        "service_zone_id": zone_id,
        **_columns(place),
        "metadata": place.metadata,
    }


async def _check_countries(tx: Transaction, places: Sequence[GeoZoneInput]) -> None:
    """Check that the country of every place exists."""
    codes = list(dict.fromkeys(place.country_code.lower() for place in places))
    if not codes:
        return
    unknown = {record["code"] for record in await tx.fetch(_UNKNOWN_COUNTRIES, codes)}
    problems: list[Problem] = [
        {
            "path": f"geo_zones[{number}].country_code",
            "message": f"Country with code: {place.country_code} was not found",
        }
        for number, place in enumerate(places)
        if place.country_code.lower() in unknown
    ]
    refuse(problems)
