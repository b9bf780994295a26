"""Deletes fulfillment sets, service zones and shipping options with everything below them.

Each deletion locks from the top: a set before its zones, a zone before its options. Whatever adds
something below locks its parent, so nothing is left behind.
"""

from collections.abc import Sequence

from merx.batch import lock_rows, soft_delete_rows
from merx.core.database import Transaction
from merx.modules.fulfillment.models import (
    FulfillmentSet,
    GeoZone,
    ServiceZone,
    ShippingOption,
    ShippingOptionRule,
)
from merx.modules.fulfillment.zones import lock_zone
from merx.modules.pricing.models import Price, PriceSet
from merx.outbox import emit

_SETS = FulfillmentSet.__table__
_ZONES = ServiceZone.__table__
_OPTIONS = ShippingOption.__table__

_ZONES_OF = "SELECT id FROM service_zone WHERE fulfillment_set_id = ANY($1::text[])"
_OPTIONS_OF = "SELECT id FROM shipping_option WHERE service_zone_id = ANY($1::text[])"
_UNLINK_SETS = "DELETE FROM location_fulfillment_set WHERE fulfillment_set_id = ANY($1::text[])"


async def delete_fulfillment_sets(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete sets with their zones; ids that do not exist are ignored."""
    found = [record["id"] for record in await lock_rows(tx, _SETS, ids)]
    if not found:
        return
    await tx.execute(_UNLINK_SETS, found)
    await soft_delete_rows(tx, _SETS, found)
    await emit(tx, "fulfillment-set.deleted", found)
    await _delete_zones(tx, [record["id"] for record in await tx.fetch(_ZONES_OF, found)])


async def delete_service_zone(tx: Transaction, set_id: str, zone_id: str) -> None:
    """Delete a zone of a set with its options; NotFound if there is no such set or zone."""
    await lock_zone(tx, set_id, zone_id)
    await _delete_zones(tx, [zone_id])


async def delete_shipping_options(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete options with their rules and prices; ids that do not exist are ignored."""
    records = await lock_rows(tx, _OPTIONS, ids, "price_set_id")
    found: list[str] = [record["id"] for record in records]
    price_sets: list[str] = [record["price_set_id"] for record in records]
    await soft_delete_rows(tx, _OPTIONS, found)
    await soft_delete_rows(tx, ShippingOptionRule.__table__, found, by="shipping_option_id")
    await soft_delete_rows(tx, PriceSet.__table__, price_sets)
    await soft_delete_rows(tx, Price.__table__, price_sets, by="price_set_id")
    await emit(tx, "shipping-option.deleted", found)


async def _delete_zones(tx: Transaction, ids: Sequence[str]) -> None:
    found = [record["id"] for record in await lock_rows(tx, _ZONES, ids)]
    if not found:
        return
    await soft_delete_rows(tx, _ZONES, found)
    await soft_delete_rows(tx, GeoZone.__table__, found, by="service_zone_id")
    await emit(tx, "service-zone.deleted", found)
    options = [record["id"] for record in await tx.fetch(_OPTIONS_OF, found)]
    await delete_shipping_options(tx, options)
