"""Creates, changes and deletes stock locations, with their address and everything that belongs to
them.
"""

from collections.abc import Sequence
from typing import Any

from merx.batch import Insert, Row, delete_rows, insert_all, lock_rows, patch_row, soft_delete_rows
from merx.core.database import Transaction
from merx.core.errors import NO_SUCH_ENTITY, NotFound, check_present
from merx.core.ids import new_id
from merx.modules.fulfillment.models import FulfillmentSet
from merx.modules.fulfillment.schemas import CreateFulfillmentSet
from merx.modules.stock_location.models import (
    LocationFulfillmentProvider,
    LocationFulfillmentSet,
    SalesChannelStockLocation,
    StockLocation,
    StockLocationAddress,
)
from merx.modules.stock_location.schemas import (
    AddressInput,
    CreateStockLocation,
    UpdateStockLocation,
)
from merx.outbox import emit
from merx.workflows.delivery.deletions import delete_fulfillment_sets
from merx.workflows.stock.stock_levels import delete_levels_at

_LOCATIONS = StockLocation.__table__
_ADDRESSES = StockLocationAddress.__table__

_SETS_OF = """SELECT fulfillment_set_id FROM location_fulfillment_set
WHERE stock_location_id = ANY($1::text[])"""


async def create_stock_locations(
    tx: Transaction, drafts: Sequence[CreateStockLocation]
) -> list[str]:
    """Create locations with their addresses; returns their ids in the order of the drafts."""
    await _check_addresses(tx, [d.address_id for d in drafts if d.address_id and not d.address])
    addresses = {place: _address_row(d.address) for place, d in enumerate(drafts) if d.address}
    rows: list[dict[str, Any]] = [
        {
            "id": new_id("sloc"),
            "name": draft.name,
            "metadata": draft.metadata,
            "address_id": addresses[place]["id"] if place in addresses else draft.address_id,
        }
        for place, draft in enumerate(drafts)
    ]
    await insert_all(tx, Insert(_ADDRESSES, list(addresses.values())), Insert(_LOCATIONS, rows))
    ids: list[str] = [row["id"] for row in rows]
    await emit(tx, "stock-location.created", ids)
    return ids


async def update_stock_location(
    tx: Transaction, location_id: str, patch: UpdateStockLocation, *, unknown: NotFound
) -> None:
    """Change a location and its address, which is created if needed.

    Raises `unknown` if missing.
    """
    records = await lock_rows(tx, _LOCATIONS, [location_id], "address_id")
    if not records:
        raise unknown
    columns = patch.model_dump(include={"name", "metadata"}, exclude_unset=True)
    if patch.address:
        columns |= await _write_address(tx, records[0]["address_id"], patch.address)
    elif patch.address_id:
        await _check_addresses(tx, [patch.address_id])
        columns["address_id"] = patch.address_id
    # Changing only the address does not update the location itself.
    if columns or not patch.address:
        await patch_row(tx, _LOCATIONS, location_id, columns)
    await emit(tx, "stock-location.updated", [location_id])


async def delete_stock_locations(tx: Transaction, ids: Sequence[str]) -> None:
    """Delete locations with their levels, address, links and fulfillment sets.

    Ids that do not exist are ignored. Raises NotAllowed if they have reservations.
    """
    records = await lock_rows(tx, _LOCATIONS, ids, "address_id", referable=True)
    found: list[str] = [record["id"] for record in records]
    if not found:
        return
    await delete_levels_at(tx, found)
    for joined in (SalesChannelStockLocation, LocationFulfillmentProvider):
        await delete_rows(tx, joined.__table__, "stock_location_id", found)
    await delete_fulfillment_sets(tx, [row[0] for row in await tx.fetch(_SETS_OF, found)])
    await tx.execute(
        "UPDATE store SET default_location_id = NULL, updated_at = now()"
        " WHERE default_location_id = ANY($1::text[])",
        found,
    )
    addresses = [record["address_id"] for record in records if record["address_id"]]
    await soft_delete_rows(tx, _ADDRESSES, addresses)
    await soft_delete_rows(tx, _LOCATIONS, found)
    await emit(tx, "stock-location.deleted", found)


async def add_fulfillment_set(
    tx: Transaction, location_id: str, draft: CreateFulfillmentSet, *, unknown: NotFound
) -> str:
    """Create a fulfillment set of the location; returns its id."""
    if not await lock_rows(tx, _LOCATIONS, [location_id], shared=True):
        raise unknown
    set_id = new_id("fuset")
    link = {
        "id": new_id("locfs"),
        "stock_location_id": location_id,
        "fulfillment_set_id": set_id,
    }
    await insert_all(
        tx,
        Insert(FulfillmentSet.__table__, [{"id": set_id, **draft.model_dump()}]),
        Insert(LocationFulfillmentSet.__table__, [link]),
    )
    await emit(tx, "fulfillment-set.created", [set_id])
    return set_id


def _address_row(address: AddressInput) -> Row:
    return {"id": new_id("laddr"), **address.model_dump()}


async def _check_addresses(tx: Transaction, ids: Sequence[str]) -> None:
    """Lock the addresses until the end; NotFound names missing ones."""
    present = {row["id"] for row in await lock_rows(tx, _ADDRESSES, ids, shared=True)}
    check_present(ids, present, NO_SUCH_ENTITY.format("address_id"))


async def _write_address(
    tx: Transaction, address_id: str | None, address: AddressInput
) -> dict[str, str]:
    """Change the address or, if there is none, create it.

    Returns the location's changed columns.
    """
    if address_id:
        await patch_row(tx, _ADDRESSES, address_id, address.model_dump(exclude_unset=True))
        return {}
    row = _address_row(address)
    await insert_all(tx, Insert(_ADDRESSES, [row]))
    return {"address_id": row["id"]}
