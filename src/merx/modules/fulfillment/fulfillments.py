"""Rows of fulfillments: insert them, mark them shipped or delivered, cancel them.

Each change locks the fulfillment first, so of two concurrent requests the second sees the result of
the first. Orders call these in the transaction that counts fulfilled quantities.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from merx.batch import Insert, Row, insert_all, lock_rows, soft_delete_rows, update_rows
from merx.core.acting import acting
from merx.core.clock import now
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed, NotFound
from merx.core.ids import new_id
from merx.modules.fulfillment.fulfillment_models import (
    Fulfillment,
    FulfillmentAddress,
    FulfillmentItem,
    FulfillmentLabel,
)
from merx.modules.fulfillment.requests import Action, State, check_not_canceling, close_request
from merx.outbox import emit

_FULFILLMENTS = Fulfillment.__table__
_LABELS = FulfillmentLabel.__table__

_PARTS = (
    "company", "first_name", "last_name", "address_1", "address_2", "city", "country_code",
    "province", "postal_code", "phone", "metadata",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewItem:
    """A quantity of one line item or inventory item in a fulfillment."""

    title: str
    quantity: Decimal
    sku: str = ""
    barcode: str = ""
    line_item_id: str | None = None
    inventory_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label on a parcel."""

    tracking_number: str
    tracking_url: str
    label_url: str


@dataclass(frozen=True, slots=True)
class NewFulfillment:
    """A new fulfillment; `address` has the columns of a fulfillment's address."""

    location_id: str
    provider_id: str
    items: Sequence[NewItem]
    address: Mapping[str, Any] | None = None
    labels: Sequence[NewLabel] = ()
    shipping_option_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    metadata: Mapping[str, Any] | None = None
    requires_shipping: bool = True
    packed_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    canceled_at: datetime | None = None
    id: str = field(default_factory=lambda: new_id("ful"))


@dataclass(frozen=True, slots=True)
class LockedFulfillment:
    """The state of a fulfillment, locked until the transaction ends."""

    id: str
    location_id: str
    provider_id: str | None
    shipping_option_id: str | None
    data: Mapping[str, Any] | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    canceled_at: datetime | None


async def insert_fulfillments(tx: Transaction, drafts: Sequence[NewFulfillment]) -> list[str]:
    """Insert fulfillments with their items, labels and addresses; returns their ids in order."""
    addresses = {
        draft.id: {"id": new_id("fuladdr"), **{name: draft.address.get(name) for name in _PARTS}}
        for draft in drafts
        if draft.address is not None
    }
    rows = [_row(draft, addresses.get(draft.id)) for draft in drafts]
    items = [_item_row(draft.id, item) for draft in drafts for item in draft.items]
    labels = [_label_row(draft.id, label) for draft in drafts for label in draft.labels]
    await insert_all(
        tx,
        Insert(FulfillmentAddress.__table__, list(addresses.values())),
        Insert(_FULFILLMENTS, rows),
        Insert(FulfillmentItem.__table__, items),
        Insert(_LABELS, labels),
    )
    ids = [draft.id for draft in drafts]
    await emit(tx, "fulfillment.created", ids)
    return ids


async def lock_fulfillment(tx: Transaction, fulfillment_id: str) -> LockedFulfillment:
    """Lock a fulfillment until the transaction ends; NotFound if it does not exist."""
    names = tuple(name for name in LockedFulfillment.__dataclass_fields__ if name != "id")
    records = await lock_rows(tx, _FULFILLMENTS, [fulfillment_id], *names, referable=True)
    if not records:
        raise no_such_fulfillment(fulfillment_id)
    return LockedFulfillment(**records[0])


async def ship(tx: Transaction, fulfillment_id: str, labels: Sequence[NewLabel]) -> None:
    """Mark a fulfillment as shipped now; the labels replace its previous ones.

    Raises NotAllowed if it is canceled or already shipped, or has no shipping option.
    """
    present = await lock_fulfillment(tx, fulfillment_id)
    if present.canceled_at is not None:
        raise NotAllowed("Cannot create shipment for a canceled fulfillment")
    if present.shipped_at is not None:
        raise NotAllowed("Shipment has already been created")
    if present.shipping_option_id is None:
        raise NotAllowed("Cannot create shipment without a Shipping Option")
    await check_not_canceling(tx, fulfillment_id)
    await soft_delete_rows(tx, _LABELS, [fulfillment_id], by="fulfillment_id")
    patch = {"shipped_at": now(), "marked_shipped_by": acting.get()}
    await update_rows(tx, _FULFILLMENTS, {fulfillment_id: patch})
    await insert_all(tx, Insert(_LABELS, [_label_row(fulfillment_id, one) for one in labels]))
    await emit(tx, "shipment.created", [fulfillment_id])


async def deliver(tx: Transaction, fulfillment_id: str) -> None:
    """Mark a fulfillment as delivered now; InvalidData if it is canceled or already delivered."""
    present = await lock_fulfillment(tx, fulfillment_id)
    if present.canceled_at is not None:
        raise InvalidData("Cannot mark an already canceled fulfillment as delivered")
    if present.delivered_at is not None:
        raise InvalidData("Fulfillment has already been marked delivered")
    await check_not_canceling(tx, fulfillment_id)
    await update_rows(tx, _FULFILLMENTS, {fulfillment_id: {"delivered_at": now()}})
    await emit(tx, "delivery.created", [fulfillment_id])


async def cancel(tx: Transaction, fulfillment_id: str) -> bool:
    """Cancel a fulfillment that its provider has released; False if it was already canceled.

    Raises InvalidData if it is shipped or delivered.
    """
    present = await lock_fulfillment(tx, fulfillment_id)
    await close_request(tx, fulfillment_id, Action.CANCEL, State.DONE)
    if present.canceled_at is not None:
        return False
    check_cancelable(fulfillment_id, present.shipped_at, present.delivered_at)
    await update_rows(tx, _FULFILLMENTS, {fulfillment_id: {"canceled_at": now()}})
    await emit(tx, "fulfillment.canceled", [fulfillment_id])
    return True


def check_cancelable(
    fulfillment_id: str, shipped_at: datetime | None, delivered_at: datetime | None
) -> None:
    """InvalidData for a fulfillment that is shipped or delivered."""
    if shipped_at is not None:
        raise InvalidData(f"Fulfillment with id {fulfillment_id} already shipped")
    if delivered_at is not None:
        raise InvalidData(f"Fulfillment with id {fulfillment_id} already delivered")


def no_such_fulfillment(fulfillment_id: str) -> NotFound:
    """The error for the id of a missing fulfillment."""
    return NotFound(f"Fulfillment with id: {fulfillment_id} was not found")


def _row(draft: NewFulfillment, address: Row | None) -> Row:
    return {
        "id": draft.id,
        "location_id": draft.location_id,
        "provider_id": draft.provider_id,
        "shipping_option_id": draft.shipping_option_id,
        "delivery_address_id": address["id"] if address else None,
        "data": dict(draft.data),
        "metadata": None if draft.metadata is None else dict(draft.metadata),
        "requires_shipping": draft.requires_shipping,
        "packed_at": draft.packed_at,
        "shipped_at": draft.shipped_at,
        "delivered_at": draft.delivered_at,
        "canceled_at": draft.canceled_at,
        "created_by": acting.get(),
    }


def _item_row(fulfillment_id: str, item: NewItem) -> Row:
    return {
        "id": new_id("fulit"),
        "fulfillment_id": fulfillment_id,
        "title": item.title,
        "sku": item.sku,
        "barcode": item.barcode,
        "quantity": item.quantity,
        "line_item_id": item.line_item_id,
        "inventory_item_id": item.inventory_item_id,
    }


def _label_row(fulfillment_id: str, label: NewLabel) -> Row:
    return {
        "id": new_id("fulla"),
        "fulfillment_id": fulfillment_id,
        "tracking_number": label.tracking_number,
        "tracking_url": label.tracking_url,
        "label_url": label.label_url,
    }
