"""Draft orders: prepared by an admin for a buyer, until they become orders."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from merx.batch import soft_delete_rows
from merx.core.database import Database, Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.hooks import Change, run_hooks
from merx.core.shapes import Document
from merx.modules.order.create import create_order
from merx.modules.order.draft_schemas import CreateDraft, DraftItem, UpdateDraft
from merx.modules.order.hooks import ORDERS
from merx.modules.order.load import Head, load_order
from merx.modules.order.models import Order
from merx.modules.order.new import (
    NewAddress,
    NewLine,
    NewMethod,
    NewOrder,
    state_line,
    state_method,
)
from merx.modules.order.order_schemas import AddressInput, UpdateOrder
from merx.modules.tax.lines import TaxProviders
from merx.outbox import emit
from merx.workflows.orders.discounts import Described, Discounted, find_discounts
from merx.workflows.orders.edit_discounts import read_discounts
from merx.workflows.orders.line_stock import reserve_for_order
from merx.workflows.orders.new_lines import Buying, Wanted, new_lines, place_of, with_taxes
from merx.workflows.orders.orders import take_turn, update_order
from merx.workflows.selling.carts.people import buyer_of
from merx.workflows.selling.promotion_uses import use_promotions

_REGION = "SELECT currency_code FROM region WHERE id = $1 AND deleted_at IS NULL"
_CUSTOMER = "SELECT id, email FROM customer WHERE id = $1 AND deleted_at IS NULL"
_CUSTOMER_ADDRESS = "SELECT to_jsonb(a) FROM customer_address a WHERE a.id = $1"


@dataclass(frozen=True, slots=True)
class _Buyer:
    customer_id: str | None
    email: str | None


async def create_draft(database: Database, taxes: TaxProviders, body: CreateDraft) -> str:
    """Insert a draft order; returns its id. It is priced, taxed and discounted like a cart."""
    async with database.read() as tx:
        currency_code = await _currency(tx, body)
        addresses = {kind: await _address(tx, body, kind) for kind in ("shipping", "billing")}
        who = Buying(
            currency_code,
            body.region_id,
            body.customer_id,
            body.sales_channel_id,
            place_of(addresses["shipping"] or {}),
        )
        priced = await new_lines(tx, [_wanted(item) for item in body.items], who)
    methods = [
        NewMethod(one.name, one.amount, one.shipping_option_id, data=one.data)
        for one in body.shipping_methods
    ]
    lines, methods = await with_taxes(database, taxes, priced, methods, who)
    async with database.write() as tx:
        buyer = await _buyer(tx, body)
        draft = NewOrder(
            currency_code,
            region_id=body.region_id,
            email=buyer.email,
            customer_id=buyer.customer_id,
            sales_channel_id=body.sales_channel_id,
            shipping_address=_new_address(addresses["shipping"]),
            billing_address=_new_address(addresses["billing"]),
            lines=lines,
            methods=methods,
            status="draft",
            is_draft_order=True,
            no_notification=body.no_notification_order,
            locale=body.locale,
            metadata=body.metadata,
        )
        draft = await _discounted(tx, draft, body.promo_codes)
        made = await create_order(tx, draft)
        if body.status == "completed":
            await convert_draft(tx, made.order_id)
    return made.order_id


async def update_draft(tx: Transaction, draft_id: str, body: UpdateDraft) -> None:
    """Change a draft's own fields and its customer."""
    await _take(tx, draft_id)
    if body.customer_id is not None and not await tx.fetchval(_CUSTOMER, body.customer_id):
        raise NotFound(f"Customer id not found: {body.customer_id}")
    for name in ("customer_id", "sales_channel_id"):
        if name in body.model_fields_set:
            await tx.execute(
                f'UPDATE "order" SET {name} = $2 WHERE id = $1', draft_id, getattr(body, name)
            )
    given = body.model_dump(exclude_unset=True, exclude={"customer_id", "sales_channel_id"})
    await update_order(tx, draft_id, UpdateOrder.model_validate(given))


async def delete_draft(tx: Transaction, draft_id: str) -> None:
    """Delete a draft; NotFound if it does not exist, InvalidData for an order."""
    await _take(tx, draft_id)
    await run_hooks(tx, ORDERS.deleting, [Change(draft_id)])
    await soft_delete_rows(tx, Order.__table__, [draft_id])
    await emit(tx, "order.deleted", [draft_id])
    await run_hooks(tx, ORDERS.deleted, [Change(draft_id)])


async def convert_draft(tx: Transaction, draft_id: str) -> None:
    """Turn a draft into an order: reserve its stock, count its promotions."""
    head = await _take(tx, draft_id)
    await run_hooks(tx, ORDERS.creating, [Change(draft_id)])
    loaded = await load_order(tx, draft_id)
    await tx.execute(
        "UPDATE \"order\" SET status = 'pending', is_draft_order = false, updated_at = now()"
        " WHERE id = $1",
        draft_id,
    )
    # Some lines may have been reserved by hand already.
    wanted = {key: one.quantity for key, one in loaded.state.lines.items()}
    await reserve_for_order(tx, head, wanted, in_all=True)
    taken = await read_discounts(tx, draft_id)
    facts = {"customer_id": head.customer_id, "customer_email": head.email}
    await use_promotions(tx, draft_id, taken, facts)
    await emit(tx, "order.placed", [draft_id])
    await run_hooks(tx, ORDERS.created, [Change(draft_id)])


async def _take(tx: Transaction, draft_id: str) -> Head:
    head = await take_turn(tx, draft_id)
    if not head.is_draft_order:
        raise InvalidData(f"Order {draft_id} is not a draft order")
    return head


async def _currency(tx: Transaction, body: CreateDraft) -> str:
    currency = await tx.fetchval(_REGION, body.region_id)
    if currency is None:
        raise NotFound(f"Region with id: {body.region_id} was not found")
    return body.currency_code.lower() if body.currency_code else currency


async def _address(tx: Transaction, body: CreateDraft, kind: str) -> Document | None:
    """The given address, or an address of the customer by its id."""
    given: AddressInput | str | None = getattr(body, f"{kind}_address")
    if not isinstance(given, str):
        return given.model_dump() if given is not None else None
    found = await tx.fetchval(_CUSTOMER_ADDRESS, given)
    if found is None:
        raise NotFound(f"Address with id: {given} was not found")
    return found


def _new_address(given: Document | None) -> NewAddress | None:
    if given is None:
        return None
    return NewAddress(**{name: given.get(name) for name in AddressInput.model_fields})


def _wanted(item: DraftItem) -> Wanted:
    return Wanted(
        item.quantity,
        item.variant_id,
        item.title,
        item.unit_price,
        metadata=item.metadata,
        sku=item.variant_sku or item.sku,
        barcode=item.variant_barcode or item.barcode,
    )


async def _buyer(tx: Transaction, body: CreateDraft) -> _Buyer:
    if body.customer_id is not None:
        row = await tx.fetchrow(_CUSTOMER, body.customer_id)
        if row is None:
            raise NotFound(f"Customer id not found: {body.customer_id}")
        return _Buyer(row["id"], body.email or row["email"])
    if body.email is None:
        return _Buyer(None, None)
    buyer = await buyer_of(tx, body.email)
    return _Buyer(buyer.id, buyer.email)


async def _discounted(tx: Transaction, draft: NewOrder, codes: Sequence[str]) -> NewOrder:
    """The draft with its discounts."""
    keyed = {f"line {place}": line for place, line in enumerate(draft.lines)}
    ways = {f"method {place}": method for place, method in enumerate(draft.methods)}
    found = await find_discounts(
        tx,
        Discounted(
            draft.currency_code,
            draft.region_id,
            draft.customer_id,
            draft.email,
            [state_line(key, line) for key, line in keyed.items()],
            {key: _described(line) for key, line in keyed.items()},
            [state_method(key, method) for key, method in ways.items()],
            {key: method.shipping_option_id for key, method in ways.items()},
        ),
        codes,
    )
    return replace(
        draft,
        lines=[replace(line, adjustments=found.lines.get(key, ())) for key, line in keyed.items()],
        methods=[
            replace(method, adjustments=found.methods.get(key, ())) for key, method in ways.items()
        ],
        promotion_ids=found.promotion_ids,
    )


def _described(line: NewLine) -> Described:
    return Described(line.product_id, line.variant_id, line.is_discountable)
