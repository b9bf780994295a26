"""Shipping methods of an edit: added, changed and removed by actions of its change."""

from dataclasses import replace

from merx.batch import insert_all
from merx.core.database import Database, Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.money import plain_number
from merx.modules.order.change import Action, Kind
from merx.modules.order.change_rows import (
    delete_actions,
    insert_actions,
    patch_action,
)
from merx.modules.order.changes import Opened
from merx.modules.order.draft_schemas import AddMethod, ChangeMethod
from merx.modules.order.new import NewMethod, method_inserts, write_method
from merx.modules.tax.lines import TaxProviders
from merx.workflows.orders.edits import Editing, open_edit, refresh_edit
from merx.workflows.orders.new_lines import Buying, buying, destination, with_taxes
from merx.workflows.selling.shipping_options import (
    Choice,
    Providers,
    ShippingContext,
    price_methods,
)

_REFERENCE = "order_shipping_method"
_OPTION = "SELECT name, data FROM shipping_option WHERE id = $1 AND deleted_at IS NULL"
_METHOD = "SELECT name, amount, shipping_option_id FROM order_shipping_method WHERE id = $1"
_REWRITE = """UPDATE order_shipping_method SET name = $2, amount = $3, shipping_option_id = $4,
  is_custom_amount = $5, updated_at = now() WHERE id = $1"""


async def add_method(
    database: Database,
    taxes: TaxProviders,
    deliveries: Providers,
    edit: Editing,
    body: AddMethod,
) -> None:
    """Add a shipping method at its price, or at an amount chosen by the admin."""
    async with database.write() as tx:
        who = await buying(tx, (await open_edit(tx, edit)).head)
    async with database.read() as tx:
        method = await _price(tx, deliveries, who, body)
    _, [method] = await with_taxes(database, taxes, [], [method], who)
    async with database.write() as tx:
        opened = await open_edit(tx, edit)
        written = write_method(method)
        await insert_all(tx, *method_inserts([written]))
        action = Action(
            Kind.SHIPPING_ADD,
            amount=method.amount,
            reference=_REFERENCE,
            reference_id=written.row_id,
            internal_note=body.internal_note,
        )
        await insert_actions(tx, opened.change, [action])
        await refresh_edit(tx, edit)


async def change_added_method(
    tx: Transaction, edit: Editing, action_id: str, body: ChangeMethod
) -> None:
    """Change a shipping method that this edit adds."""
    opened = await open_edit(tx, edit)
    action = _find(opened, action_id)
    row = await tx.fetchrow(_METHOD, action.reference_id)
    assert row is not None
    option_id = body.shipping_option_id or row["shipping_option_id"]
    name = await _name(tx, option_id)
    custom = body.custom_amount
    amount = custom if custom is not None else row["amount"]
    await tx.execute(_REWRITE, action.reference_id, name, amount, option_id, custom is not None)
    note = body.internal_note or action.internal_note
    await patch_action(tx, replace(action, amount=amount, internal_note=note))
    await refresh_edit(tx, edit)


async def remove_added_method(tx: Transaction, edit: Editing, action_id: str) -> None:
    """Remove a shipping method that this edit adds."""
    opened = await open_edit(tx, edit)
    _find(opened, action_id)
    await delete_actions(tx, opened.change.id, [action_id])
    await refresh_edit(tx, edit)


async def change_method(tx: Transaction, edit: Editing, method_id: str, body: ChangeMethod) -> None:
    """Change a shipping method that the order already has."""
    opened = await open_edit(tx, edit)
    _check_method(opened, method_id)
    row = await tx.fetchrow(_METHOD, method_id)
    assert row is not None
    option_id = body.shipping_option_id or row["shipping_option_id"]
    await _name(tx, option_id)
    new = body.custom_amount if body.custom_amount is not None else row["amount"]
    action = Action(
        Kind.SHIPPING_UPDATE,
        reference=_REFERENCE,
        reference_id=method_id,
        details={
            "old_shipping_option_id": row["shipping_option_id"],
            "new_shipping_option_id": option_id,
            "old_amount": plain_number(row["amount"]),
            "new_amount": plain_number(new),
        },
        internal_note=body.internal_note,
    )
    await insert_actions(tx, opened.change, [action])
    await refresh_edit(tx, edit)


async def remove_method(tx: Transaction, edit: Editing, method_id: str) -> None:
    """Remove a shipping method from the order."""
    opened = await open_edit(tx, edit)
    _check_method(opened, method_id)
    action = Action(Kind.SHIPPING_REMOVE, reference=_REFERENCE, reference_id=method_id)
    await insert_actions(tx, opened.change, [action])
    await refresh_edit(tx, edit)


async def _price(tx: Transaction, deliveries: Providers, who: Buying, body: AddMethod) -> NewMethod:
    if body.custom_amount is not None:
        name = await _name(tx, body.shipping_option_id)
        option_id = body.shipping_option_id
        return NewMethod(name, body.custom_amount, option_id, is_custom_amount=True, data={})
    context = ShippingContext(
        who.currency_code,
        who.region_id,
        who.sales_channel_id,
        to=destination(who.place),
        customer_id=who.customer_id,
    )
    choice = Choice(body.shipping_option_id)
    priced = (await price_methods(tx, deliveries, context, [choice], validate=False)).checked()
    found = priced[body.shipping_option_id]
    return NewMethod(
        found.name,
        found.amount,
        found.option_id,
        is_tax_inclusive=found.is_tax_inclusive,
        data=dict(found.data),
    )


async def _name(tx: Transaction, option_id: str | None) -> str:
    row = await tx.fetchrow(_OPTION, option_id)
    if row is None:
        raise NotFound(f"ShippingOption id not found: {option_id}")
    return row["name"]


def _find(opened: Opened, action_id: str) -> Action:
    found = next((one for one in opened.actions if one.id == action_id), None)
    of = f"order {opened.head.id} in order change {opened.change.id}"
    if found is None:
        raise InvalidData(f"No shipping method found for {of}")
    if found.kind is not Kind.SHIPPING_ADD:
        raise InvalidData(f"Action {action_id} is not adding a shipping method")
    return found


def _check_method(opened: Opened, method_id: str) -> None:
    if method_id not in opened.after().methods:
        raise NotFound(f"Shipping method {method_id} not found in the order {opened.head.id}")
