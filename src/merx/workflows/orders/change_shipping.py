"""Shipping methods added by an order change: chosen, priced, repriced, removed.

Providers of prices and taxes are asked before the order is locked. A method is written with the
change and becomes part of the order only when the change is confirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from merx.batch import insert_all
from merx.core.database import Database, Transaction
from merx.core.errors import InvalidData, NotFound
from merx.modules.order.actions import Patch, say_anew, take_out
from merx.modules.order.change import Action, Kind
from merx.modules.order.change_rows import insert_actions
from merx.modules.order.changes import Opened
from merx.modules.order.load import load_order
from merx.modules.order.new import NewMethod, method_inserts, write_method
from merx.modules.order.return_schemas import AddMethod, PatchMethod
from merx.modules.tax.lines import TaxProviders
from merx.workflows.orders.new_lines import buying, destination, with_taxes
from merx.workflows.selling.shipping_options import (
    Choice,
    Providers,
    ShippingContext,
    price_methods,
)

REFERENCE = "order_shipping_method"
_KINDS = (Kind.SHIPPING_ADD,)
_OPTION = """SELECT so.name FROM shipping_option so WHERE so.id = $1 AND so.deleted_at IS NULL"""
_AMOUNT = """UPDATE order_shipping_method SET amount = $2, is_custom_amount = true,
  metadata = coalesce($3, metadata), updated_at = now() WHERE id = $1"""


@dataclass(frozen=True, slots=True)
class Part:
    """What a method is for: a return, a claim, an exchange, or the order itself."""

    return_id: str | None = None
    claim_id: str | None = None
    exchange_id: str | None = None


async def price_method(
    database: Database,
    providers: Providers,
    taxes: TaxProviders | None,
    order_id: str,
    body: AddMethod,
    *,
    is_return: bool,
) -> NewMethod:
    """The chosen option as a method of the order, with its price or the given one, and its taxes if
    the order has an address.

    NotFound for an option that does not exist, InvalidData for one without a price.
    """
    async with database.read() as tx:
        head = (await load_order(tx, order_id)).head
        who = await buying(tx, head)
        name = await tx.fetchval(_OPTION, body.shipping_option_id)
        if name is None:
            raise NotFound(f"Shipping option with id: {body.shipping_option_id} was not found")
        context = ShippingContext(
            head.currency_code,
            head.region_id,
            None,
            destination(who.place),
            head.customer_id,
            is_return=is_return,
        )
        choices = [Choice(body.shipping_option_id)]
        priced = await price_methods(tx, providers, context, choices, validate=False)
    found = priced.found.get(body.shipping_option_id)
    custom = body.custom_amount
    if custom is None and found is None:
        raise InvalidData(
            f"Shipping options with IDs {body.shipping_option_id} do not have a price"
        )
    if custom is not None and custom < 0:
        raise InvalidData("An amount must not be negative")
    amount = Decimal(str(custom)) if custom is not None else found.amount if found else Decimal(0)
    method = NewMethod(
        name,
        amount,
        body.shipping_option_id,
        is_tax_inclusive=bool(found and found.is_tax_inclusive),
        is_custom_amount=custom is not None,
        data=dict(found.data) if found else {},
        metadata=body.metadata,
    )
    if taxes is None:
        return method
    _, [taxed] = await with_taxes(database, taxes, [], [method], who)
    return taxed


async def add_method(
    tx: Transaction,
    opened: Opened,
    method: NewMethod,
    part: Part,
) -> None:
    """Insert the method and the action that adds it to the order."""
    written = write_method(method)
    await insert_all(tx, *method_inserts([written]))
    action = Action(
        Kind.SHIPPING_ADD,
        reference=REFERENCE,
        reference_id=written.row_id,
        amount=method.amount,
        return_id=part.return_id,
        claim_id=part.claim_id,
        exchange_id=part.exchange_id,
    )
    await insert_actions(tx, opened.change, [action])


async def reprice_method(
    tx: Transaction, opened: Opened, action_id: str, body: PatchMethod
) -> None:
    """Change the amount, note or metadata of a method that the change adds."""
    patch = Patch(internal_note=body.internal_note)
    await say_anew(tx, opened, action_id, _KINDS, patch)
    action = next(one for one in opened.actions if one.id == action_id)
    if body.custom_amount is None and body.metadata is None:
        return
    if body.custom_amount is not None and body.custom_amount < 0:
        raise InvalidData("An amount must not be negative")
    amount = action.amount if body.custom_amount is None else Decimal(str(body.custom_amount))
    metadata: Mapping[str, Any] | None = body.metadata
    await tx.execute(_AMOUNT, action.reference_id, amount, metadata)
    await tx.execute(
        "UPDATE order_change_action SET amount = $2, updated_at = now() WHERE id = $1",
        action_id,
        amount,
    )


async def remove_method(tx: Transaction, opened: Opened, action_id: str) -> None:
    """Remove a method that the change adds."""
    await take_out(tx, opened, action_id, _KINDS)
