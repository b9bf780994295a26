"""Promotions of an order edit: which ones, and their discounts on the edited order."""

from collections.abc import Sequence
from decimal import Decimal

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.core.ids import new_id
from merx.core.money import plain_number
from merx.core.shapes import Document
from merx.modules.order.change import Action, Kind, apply
from merx.modules.order.change_rows import delete_actions, insert_actions
from merx.modules.order.changes import Opened, open_for
from merx.modules.order.state import Adjustment, OrderState
from merx.workflows.orders.discounts import Described, Discounted, find_discounts
from merx.workflows.selling.promotion_uses import Taken

REPLACING = (Kind.ITEM_ADJUSTMENTS_REPLACE, Kind.SHIPPING_ADJUSTMENTS_REPLACE)
_CODES = """SELECT p.code FROM order_promotion l JOIN promotion p ON p.id = l.promotion_id
WHERE l.order_id = $1 AND p.code IS NOT NULL ORDER BY l.id"""
_LINES = """SELECT id, product_id, variant_id, is_discountable FROM order_line_item
WHERE id = ANY($1::text[])"""
_OPTIONS = "SELECT id, shipping_option_id FROM order_shipping_method WHERE id = ANY($1::text[])"
_KNOWN = "SELECT id, code FROM promotion WHERE code = ANY($1::text[]) AND deleted_at IS NULL"
_LEAVE = """DELETE FROM order_promotion l USING promotion p
WHERE l.order_id = $1 AND p.id = l.promotion_id AND p.code = ANY($2::text[])"""
_TAKEN = """SELECT a.promotion_id, sum(a.amount) AS amount FROM "order" o CROSS JOIN LATERAL (
  SELECT j.promotion_id, j.amount FROM order_item i
  JOIN order_line_item_adjustment j ON j.item_id = i.item_id AND j.version = i.version
  WHERE i.order_id = o.id AND i.version = o.version
  UNION ALL
  SELECT j.promotion_id, j.amount FROM order_shipping s
  JOIN order_shipping_method_adjustment j
    ON j.shipping_method_id = s.shipping_method_id AND j.version = s.version
  WHERE s.order_id = o.id AND s.version = o.version) a
WHERE o.id = $1 AND a.promotion_id IS NOT NULL
GROUP BY a.promotion_id ORDER BY a.promotion_id"""
_JOIN = """INSERT INTO order_promotion (order_id, promotion_id, id)
SELECT $1, p.id, $3 || p.id FROM promotion p
WHERE p.code = ANY($2::text[]) AND p.deleted_at IS NULL ON CONFLICT DO NOTHING"""


async def change_codes(tx: Transaction, opened: Opened, codes: Sequence[str], *, add: bool) -> None:
    """Add promotions to an edit or remove them; InvalidData for unknown codes."""
    known = {row["code"]: row["id"] for row in await tx.fetch(_KNOWN, list(codes))}
    for code in codes:
        if code not in known:
            raise InvalidData(f'Promotion code "{code}" not found')
    kind = Kind.PROMOTION_ADD if add else Kind.PROMOTION_REMOVE
    word = "added_code" if add else "removed_code"
    actions = [
        Action(kind, reference="order_promotion", reference_id=known[code], details={word: code})
        for code in codes
    ]
    await insert_actions(tx, opened.change, actions)
    missing = InvalidData("An active Order Change is required to proceed")
    await refresh_discounts(tx, await open_for(tx, opened.head.id, missing=missing))


async def refresh_discounts(tx: Transaction, opened: Opened) -> None:
    """Recompute the discounts on the edited order and store them in the edit."""
    steps = [one for one in opened.actions if one.kind not in REPLACING]
    before = [one.id for one in opened.actions if one.kind in REPLACING]
    after = apply(opened.loaded.state, steps, opened.loaded.known)
    codes = await _codes(tx, opened.head.id, steps)
    order = await _discounted(tx, opened, after)
    found = await find_discounts(tx, order, codes, strict=False, order_id=opened.head.id)
    # As on the reference, a change of an order with promotions names every row.
    each = bool(codes) and not opened.head.is_draft_order
    replaced = [
        *(
            _replace(Kind.ITEM_ADJUSTMENTS_REPLACE, key, found.lines.get(key, ()))
            for key, line in after.lines.items()
            if each or line.adjustments or key in found.lines or before
        ),
        *(
            _replace(Kind.SHIPPING_ADJUSTMENTS_REPLACE, key, found.methods.get(key, ()))
            for key, method in after.methods.items()
            if each or method.adjustments or key in found.methods
        ),
    ]
    await delete_actions(tx, opened.change.id, before)
    await insert_actions(tx, opened.change, replaced)


async def write_promotions(tx: Transaction, order_id: str, actions: Sequence[Action]) -> None:
    """Store with the order which promotions an edit added and removed."""
    for action in actions:
        if action.kind is Kind.PROMOTION_ADD:
            codes = [str(action.details.get("added_code"))]
            await tx.execute(_JOIN, order_id, codes, f"{new_id('ordpromo')}_")
        elif action.kind is Kind.PROMOTION_REMOVE:
            await tx.execute(_LEAVE, order_id, [str(action.details.get("removed_code"))])


async def read_discounts(tx: Transaction, order_id: str) -> list[Taken]:
    """The total discount of each promotion on an order as it is now."""
    rows = await tx.fetch(_TAKEN, order_id)
    return [Taken(row["promotion_id"], row["amount"]) for row in rows]


async def _codes(tx: Transaction, order_id: str, steps: Sequence[Action]) -> list[str]:
    codes = dict.fromkeys(row["code"] for row in await tx.fetch(_CODES, order_id))
    for step in sorted(steps, key=lambda one: one.ordering):
        if step.kind is Kind.PROMOTION_ADD:
            codes[str(step.details.get("added_code"))] = None
        elif step.kind is Kind.PROMOTION_REMOVE:
            codes.pop(str(step.details.get("removed_code")), None)
    return list(codes)


async def _discounted(tx: Transaction, opened: Opened, after: OrderState) -> Discounted:
    described = {
        row["id"]: Described(row["product_id"], row["variant_id"], row["is_discountable"])
        for row in await tx.fetch(_LINES, list(after.lines))
    }
    rows = await tx.fetch(_OPTIONS, list(after.methods))
    return Discounted(
        opened.head.currency_code,
        opened.head.region_id,
        opened.head.customer_id,
        opened.head.email,
        [line for line in after.lines.values() if line.quantity > 0],
        described,
        list(after.methods.values()),
        {row["id"]: row["shipping_option_id"] for row in rows},
    )


def _replace(kind: Kind, key: str, taken: Sequence[Adjustment]) -> Action:
    """The action that replaces the discounts of a line or a shipping method."""
    of_line = kind is Kind.ITEM_ADJUSTMENTS_REPLACE
    details = {"adjustments": [_plain(one, key, of_line) for one in taken]}
    if of_line:
        return Action(kind, key, amount=Decimal(0), details=details)
    return Action(kind, reference="order_shipping_method", reference_id=key, details=details)


def _plain(one: Adjustment, key: str, of_line: bool) -> Document:
    given = {name: value for name, value in one._asdict().items() if value is not None}
    return {
        **given,
        "amount": plain_number(one.amount),
        "item_id" if of_line else "shipping_method_id": key,
    }
