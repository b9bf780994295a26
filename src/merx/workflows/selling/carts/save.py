"""Writes a changed cart back: only rows that differ, in a fixed number of statements."""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

from merx.batch import Insert, Patch, Row, Update, insert_all, update_rows
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.cart.models import (
    Cart,
    CartAddress,
    CartLineItem,
    CartLineItemAdjustment,
    CartLineItemTaxLine,
    CartPromotion,
    CartShippingMethod,
    CartShippingMethodAdjustment,
    CartShippingMethodTaxLine,
)
from merx.outbox import EventRow, event_rows
from merx.workflows.selling.carts.draft import (
    AdjustmentRow,
    Draft,
    Line,
    Stored,
    StoredRow,
    TaxRow,
    Way,
)

_GONE = """
WITH lines AS (DELETE FROM cart_line_item WHERE id = ANY($1::text[])),
  ways AS (DELETE FROM cart_shipping_method WHERE id = ANY($2::text[])),
  line_taxes AS (DELETE FROM cart_line_item_tax_line WHERE item_id = ANY($3::text[])),
  line_taken AS (DELETE FROM cart_line_item_adjustment WHERE item_id = ANY($4::text[])),
  way_taxes AS (
    DELETE FROM cart_shipping_method_tax_line WHERE shipping_method_id = ANY($5::text[])),
  way_taken AS (
    DELETE FROM cart_shipping_method_adjustment WHERE shipping_method_id = ANY($6::text[]))
DELETE FROM cart_promotion WHERE cart_id = $7 AND promotion_id = ANY($8::text[])"""

_NEW = Stored({}, {}, ())

# Reads one kind of part of a row, as it is or as it was loaded.
_Part = Callable[[Line | Way | StoredRow], tuple[TaxRow, ...] | tuple[AdjustmentRow, ...]]
_TAXES: _Part = attrgetter("taxes")
_ADJUSTMENTS: _Part = attrgetter("adjustments")


async def insert_cart(tx: Transaction, draft: Draft) -> None:
    """Insert a new cart."""
    cart = Insert(Cart.__table__, [{"id": draft.id, **draft.header()}])
    await insert_all(tx, *_inserts(draft, _NEW, "cart.created", cart))


async def save_cart(tx: Transaction, draft: Draft, stored: Stored, event: str) -> None:
    """Write what differs from the stored cart, and emit its events."""
    await _delete_gone(tx, draft, stored)
    if draft.is_reworded:
        words = {
            line.id: line.facts.words
            for line in draft.lines
            if line.id in stored.lines and line.facts is not None
        }
        await update_rows(tx, CartLineItem.__table__, words)
    updates = [
        Update(Cart.__table__, {draft.id: draft.header()}),
        Update(CartLineItem.__table__, _changes(draft.lines, stored.lines)),
        Update(CartShippingMethod.__table__, _changes(draft.ways, stored.ways)),
    ]
    await insert_all(tx, *_inserts(draft, stored, event), updates=updates)


def _changes(rows: Iterable[Line | Way], stored: Mapping[str, StoredRow]) -> dict[str, Patch]:
    changed: dict[str, Patch] = {}
    for row in rows:
        if row.id in stored and stored[row.id].columns != (columns := row.columns()):
            changed[row.id] = columns
    return changed


async def _delete_gone(tx: Transaction, draft: Draft, stored: Stored) -> None:
    """Delete rows that no longer exist, and the tax lines and adjustments that differ."""
    lines = stored.lines.keys() - {line.id for line in draft.lines}
    ways = stored.ways.keys() - {way.id for way in draft.ways}
    gone = [
        list(lines),
        list(ways),
        _differing(draft.lines, stored.lines, _TAXES),
        _differing(draft.lines, stored.lines, _ADJUSTMENTS),
        _differing(draft.ways, stored.ways, _TAXES),
        _differing(draft.ways, stored.ways, _ADJUSTMENTS),
    ]
    promotions = [one for one in stored.promotion_ids if one not in draft.promotion_ids]
    if any(gone) or promotions:
        await tx.execute(_GONE, *gone, draft.id, promotions)


def _differing(
    rows: Iterable[Line | Way], stored: Mapping[str, StoredRow], part: _Part
) -> list[str]:
    return [
        row.id
        for row in rows
        if row.id in stored and (had := part(stored[row.id])) and had != part(row)
    ]


def _inserts(draft: Draft, stored: Stored, event: str, *first: Insert) -> list[Insert]:
    lines = [_line(draft, line) for line in draft.lines if line.id not in stored.lines]
    ways = [_way(draft, way) for way in draft.ways if way.id not in stored.ways]
    promotions = [
        {"cart_id": draft.id, "promotion_id": one, "id": new_id("cartpromo")}
        for one in draft.promotion_ids
        if one not in stored.promotion_ids
    ]
    return [
        Insert(CartAddress.__table__, draft.new_addresses),
        *first,
        Insert(CartLineItem.__table__, lines),
        Insert(CartShippingMethod.__table__, ways),
        Insert(CartLineItemTaxLine.__table__, _taxes(draft.lines, stored.lines, "item_id")),
        Insert(CartLineItemAdjustment.__table__, _taken(draft.lines, stored.lines)),
        Insert(
            CartShippingMethodTaxLine.__table__,
            _taxes(draft.ways, stored.ways, "shipping_method_id"),
        ),
        Insert(CartShippingMethodAdjustment.__table__, _taken(draft.ways, stored.ways)),
        Insert(CartPromotion.__table__, promotions),
        Insert(EventRow.__table__, event_rows({event: [draft.id]})),
    ]


def _line(draft: Draft, line: Line) -> Row:
    texts = dict(line.facts.texts) if line.facts else {}
    return {
        "id": line.id,
        "cart_id": draft.id,
        "title": line.title,
        "subtitle": texts.get("variant_title"),
        "variant_id": line.variant_id,
        "product_id": line.product_id,
        "requires_shipping": line.requires_shipping,
        **texts,
        **line.columns(),
    }


def _way(draft: Draft, way: Way) -> Row:
    return {
        "id": way.id,
        "cart_id": draft.id,
        "shipping_option_id": way.shipping_option_id,
        **way.columns(),
    }


def _changed(
    rows: Iterable[Line | Way], stored: Mapping[str, StoredRow], part: _Part
) -> list[Line | Way]:
    return [row for row in rows if row.id not in stored or part(stored[row.id]) != part(row)]


def _taxes(rows: Iterable[Line | Way], stored: Mapping[str, StoredRow], key: str) -> list[Row]:
    prefix = "calitxl" if key == "item_id" else "casmtxl"
    return [
        {
            "id": new_id(prefix),
            "code": tax.code,
            "description": tax.description,
            "rate": tax.rate,
            "tax_rate_id": tax.tax_rate_id,
            "provider_id": tax.provider_id,
            "subtotal": tax.subtotal,
            "total": tax.total,
            key: row.id,
        }
        for row in _changed(rows, stored, _TAXES)
        for tax in row.taxes
    ]


def _taken(rows: Iterable[Line | Way], stored: Mapping[str, StoredRow]) -> list[Row]:
    return [
        {
            "id": new_id("caliadj" if isinstance(row, Line) else "casmadj"),
            "promotion_id": taken.promotion_id,
            "code": taken.code,
            "amount": taken.amount,
            "subtotal": taken.subtotal,
            "total": taken.total,
            **(
                {"item_id": row.id, "is_tax_inclusive": taken.is_tax_inclusive}
                if isinstance(row, Line)
                else {"shipping_method_id": row.id}
            ),
        }
        for row in _changed(rows, stored, _ADJUSTMENTS)
        for taken in row.adjustments
    ]
