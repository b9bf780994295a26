"""Creates and changes shipping options with their type, rules and prices."""

from collections.abc import Mapping
from typing import Any

from merx.batch import Insert, Row, insert_all, lock_rows, patch_row
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.core.ids import new_id
from merx.core.metadata import merge_metadata
from merx.core.shapes import Document
from merx.modules.fulfillment.models import (
    ServiceZone,
    ShippingOption,
    ShippingOptionRule,
    ShippingOptionType,
    ShippingProfile,
)
from merx.modules.fulfillment.option_rules import check_rules, replace_rules, rule_row
from merx.modules.fulfillment.option_schemas import (
    CreateShippingOption,
    TypeInput,
    UpdateShippingOption,
)
from merx.modules.pricing.models import Price, PriceRule, PriceSet
from merx.outbox import emit
from merx.providers.fulfillment import FulfillmentProvider
from merx.workflows.delivery.option_prices import (
    hold_currencies,
    new_prices,
    replace_option_prices,
)

Providers = Mapping[str, FulfillmentProvider]

_OPTIONS = ShippingOption.__table__
_TYPES = ShippingOptionType.__table__

_ENABLED = """
SELECT link.fulfillment_provider_id FROM service_zone zone
JOIN location_fulfillment_set held ON held.fulfillment_set_id = zone.fulfillment_set_id
JOIN location_fulfillment_provider link ON link.stock_location_id = held.stock_location_id
WHERE zone.id = $1 AND zone.deleted_at IS NULL AND link.fulfillment_provider_id = $2
  AND (SELECT p.is_enabled FROM fulfillment_provider p WHERE p.id = link.fulfillment_provider_id)
FOR SHARE OF link"""

_PRESENT = """SELECT name, provider_id, data FROM shipping_option
WHERE id = $1 AND deleted_at IS NULL"""


async def create_shipping_option(
    tx: Transaction, providers: Providers, draft: CreateShippingOption
) -> str:
    """Create an option; returns its id. The provider is asked before anything is locked."""
    check_rules(draft.rules)
    await _ask_provider(providers, draft.provider_id, draft.name, draft.data, draft.price_type)
    await lock_rows(tx, ServiceZone.__table__, [draft.service_zone_id], shared=True)
    await _check_enabled(tx, draft.service_zone_id, draft.provider_id)
    await _hold(tx, ShippingProfile.__table__, "shipping_profile_id", draft.shipping_profile_id)
    if "type_id" in draft.model_fields_set:
        await _hold(tx, _TYPES, "shipping_option_type_id", draft.type_id)
    regions = await hold_currencies(tx, [("", draft.prices)])
    option_id, set_id = new_id("so"), new_id("pset")
    new_type = _type_row(draft.type) if "type" in draft.model_fields_set else None
    option = _row(draft, option_id, set_id, new_type["id"] if new_type else draft.type_id)
    prices = new_prices(set_id, draft.prices, regions)
    await insert_all(
        tx,
        Insert(_TYPES, [new_type] if new_type else []),
        Insert(PriceSet.__table__, [{"id": set_id}]),
        Insert(_OPTIONS, [option]),
        Insert(ShippingOptionRule.__table__, [rule_row(option_id, rule) for rule in draft.rules]),
        Insert(Price.__table__, prices.prices),
        Insert(PriceRule.__table__, prices.rules),
    )
    await emit(tx, "shipping-option.created", [option_id])
    return option_id


async def update_shipping_option(
    tx: Transaction, providers: Providers, option_id: str, patch: UpdateShippingOption
) -> None:
    """Change an option; given prices and rules replace the old ones."""
    given = patch.model_fields_set
    if given & {"price_type", "provider_id", "data"}:
        await _ask_about_change(tx, providers, option_id, patch)
    records = await lock_rows(
        tx, _OPTIONS, [option_id], "service_zone_id", "price_set_id", "data", referable=True
    )
    if not records:
        raise no_such_option(option_id)
    [present] = records
    if "provider_id" in given:
        await _check_enabled(tx, present["service_zone_id"], patch.provider_id)
    if "shipping_profile_id" in given:
        await _hold(tx, ShippingProfile.__table__, "shipping_profile_id", patch.shipping_profile_id)
    if "type_id" in given:
        await _hold(tx, _TYPES, "shipping_option_type_id", patch.type_id)
    await patch_row(tx, _OPTIONS, option_id, await _columns(tx, patch, present["data"]))
    if "rules" in given:
        await replace_rules(tx, option_id, patch.rules)
    if "prices" in given:
        await replace_option_prices(tx, option_id, present["price_set_id"], patch.prices)
    await emit(tx, "shipping-option.updated", [option_id])


def no_such_option(option_id: str) -> NotFound:
    """The error for the id of a missing option."""
    return NotFound(f"Shipping Option with id: {option_id} not found")


def _row(draft: CreateShippingOption, option_id: str, set_id: str, type_id: str) -> Row:
    given = draft.model_fields_set
    return {
        "id": option_id,
        "name": draft.name,
        "price_type": draft.price_type,
        "service_zone_id": draft.service_zone_id,
        "shipping_profile_id": draft.shipping_profile_id,
        "provider_id": draft.provider_id,
        "data": draft.data if "data" in given else None,
        "metadata": draft.metadata if "metadata" in given else None,
        "shipping_option_type_id": type_id,
        "price_set_id": set_id,
    }


def _type_row(draft: TypeInput) -> Row:
    return {"id": new_id("sotype"), "description": None, **draft.model_dump(exclude_unset=True)}


async def _columns(tx: Transaction, patch: UpdateShippingOption, data: Document | None) -> Row:
    """The changed columns of the option's own row; a new type is inserted first."""
    columns = patch.model_dump(exclude_unset=True, exclude={"prices", "rules", "type", "type_id"})
    if "data" in patch.model_fields_set:
        columns["data"] = merge_metadata(data, patch.data)
    if "type_id" in patch.model_fields_set:
        columns["shipping_option_type_id"] = patch.type_id
    if "type" in patch.model_fields_set:
        row = _type_row(patch.type)
        await insert_all(tx, Insert(_TYPES, [row]))
        columns["shipping_option_type_id"] = row["id"]
    return columns


async def _ask_about_change(
    tx: Transaction, providers: Providers, option_id: str, patch: UpdateShippingOption
) -> None:
    """Ask the option's provider about the change, before the option is locked."""
    present = await tx.fetchrow(_PRESENT, option_id)
    if present is None:
        raise no_such_option(option_id)
    given = patch.model_fields_set
    provider_id = patch.provider_id if "provider_id" in given else present["provider_id"]
    before: dict[str, Any] = present["data"] or {}
    price_type = patch.price_type if "price_type" in given else "flat"
    await _ask_provider(providers, provider_id, patch.name, {**before, **patch.data}, price_type)


async def _ask_provider(
    providers: Providers, provider_id: str, name: str, data: Document, price_type: str
) -> None:
    """Check that the provider accepts the option's data and, if needed, can calculate its price."""
    provider = providers.get(provider_id)
    if provider is None:
        return
    if price_type == "calculated" and not await provider.can_calculate(data):
        raise InvalidData(f"Cannot calcuate pricing for: [{name}] shipping option(s).")
    if data and not await provider.validate_option(data):
        raise InvalidData(f"Fulfillment provider {provider_id} refuses the data of the option")


async def _check_enabled(tx: Transaction, zone_id: str, provider_id: str) -> None:
    """Check that the provider delivers from the zone's location, and lock that until the end."""
    if not await tx.fetch(_ENABLED, zone_id, provider_id):
        raise NotAllowed(f"Providers ({provider_id}) are not enabled for the service location")


async def _hold(tx: Transaction, table: Any, name: str, row_id: str) -> None:
    if not await lock_rows(tx, table, [row_id], shared=True):
        raise NotFound(
            f"You tried to set relationship {name}: {row_id}, but such entity does not exist"
        )
