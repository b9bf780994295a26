"""/admin/reservations: reservations of stock."""

from dataclasses import replace

from fastapi import Request, Response

from merx.api.admin.inventory_items.resources import INVENTORY_ITEM
from merx.modules.inventory.schemas import CreateReservation, UpdateReservation
from merx.web.crud import plain_router
from merx.web.filters import numbers, texts, times
from merx.web.reads import answer_one
from merx.web.resource import Resource
from merx.web.transactions import Write
from merx.workflows.stock.reservations import (
    create_reservations,
    delete_reservations,
    update_reservations,
)

RESERVATION = Resource(
    "reservation_item",
    "reservation",
    "reservations",
    "id, location_id, inventory_item_id, quantity, line_item_id, description, metadata,"
    " created_at, updated_at, "
    # Without the levels: the reference documents a name for them that it does not accept.
    + ", ".join(f"inventory_item.{name}" for name in INVENTORY_ITEM.defaults if name[0] != "*"),
    {
        **{
            name: texts(name)
            for name in ("location_id", "inventory_item_id", "line_item_id", "created_by")
        },
        "description": replace(texts("description"), operators=True),
        "quantity": numbers("quantity"),
        **{name: times(name) for name in ("created_at", "updated_at", "deleted_at")},
    },
    missing="Reservation with id: {id} was not found",
    combines=False,
)

router = plain_router("/reservations", RESERVATION)


@router.post("", openapi_extra=RESERVATION.parameters)
async def create_reservation(request: Request, body: CreateReservation, tx: Write) -> Response:
    """Reserve a quantity of an item at a location, if it is available there."""
    [reservation_id] = await create_reservations(tx, [body.model_dump()])
    return await answer_one(tx, RESERVATION, reservation_id, request)


@router.post("/{id}", openapi_extra=RESERVATION.parameters)
async def update_reservation(
    id: str, request: Request, body: UpdateReservation, tx: Write
) -> Response:
    """Change the quantity, item or location of a reservation."""
    await update_reservations(tx, {id: body.model_dump(exclude_unset=True)})
    return await answer_one(tx, RESERVATION, id, request)


@router.delete("/{id}", openapi_extra=RESERVATION.deletion)
async def delete_reservation(id: str, tx: Write) -> dict[str, object]:
    """Delete a reservation; deleting an id that does not exist succeeds."""
    await delete_reservations(tx, [id])
    return RESERVATION.deleted(id)
