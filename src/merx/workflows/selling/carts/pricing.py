"""Prices the lines of a cart, and refuses what cannot be bought."""

from collections.abc import Iterable
from decimal import Decimal

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotAllowed
from merx.workflows.selling.carts.draft import Draft, Line
from merx.workflows.selling.carts.variants import PriceContext, VariantFacts, find_variants

_SHORT = "Some variant does not have the required inventory"


async def price_lines(tx: Transaction, draft: Draft) -> None:
    """Give each line the current price of its variant for its quantity, in one statement.

    Raises InvalidData for added variants that are not for sale, and for those without a price if
    the change needs one; NotAllowed for touched lines whose stock is too low.
    """
    await find_facts(tx, draft)
    _refuse_unknown(draft)
    _refuse_unpriced(draft)
    for line in draft.lines:
        if line.facts is not None and line.facts.amount is not None:
            _take_price(line, line.facts, line.facts.amount)
    _refuse_short(draft)


async def find_facts(tx: Transaction, draft: Draft, *, is_priced: bool = True) -> None:
    """Look up the current variant of each line, in one statement."""
    lines = [line for line in draft.lines if line.variant_id is not None]
    wanted = [(line.variant_id or "", line.quantity) for line in lines]
    found = await find_variants(tx, wanted, _context(draft), is_priced=is_priced)
    for line, facts in zip(lines, found, strict=True):
        line.facts = facts
        if facts is not None and line.product_id is None:
            _describe(line, facts)


def _describe(line: Line, facts: VariantFacts) -> None:
    """The data of its variant that a new line stores."""
    line.product_id = facts.product_id
    line.product_type_id = facts.texts["product_type_id"]
    line.title = facts.texts["product_title"]
    line.is_discountable = facts.texts["is_discountable"]
    line.requires_shipping = facts.requires_shipping


def _context(draft: Draft) -> PriceContext:
    address = draft.shipping_address
    return PriceContext(
        draft.currency_code,
        draft.region_id,
        draft.customer_id,
        draft.sales_channel_id,
        draft.id,
        address.country_code if address else None,
        address.province if address else None,
        draft.locale,
    )


def _refuse_unknown(draft: Draft) -> None:
    unknown = [
        line.variant_id or ""
        for line in draft.lines
        if line.id in draft.added and not (line.facts and line.facts.is_published)
    ]
    if unknown:
        raise InvalidData(
            f"Variants {', '.join(dict.fromkeys(unknown))} do not exist or belong to a product"
            " that is not published"
        )


def _refuse_unpriced(draft: Draft) -> None:
    """Refuse lines without a price.

    A line whose variant was deleted or has lost its price keeps its price, unless the change is
    about prices.
    """
    answered = draft.lines if draft.must_price else [_ for _ in draft.lines if _.id in draft.added]
    unpriced = [
        line.variant_id or ""
        for line in answered
        if not line.is_custom_price and line.facts is not None and line.facts.amount is None
    ]
    if unpriced:
        raise InvalidData(f"Variants with IDs {', '.join(unpriced)} do not have a price")


def _take_price(line: Line, facts: VariantFacts, amount: Decimal) -> None:
    if line.is_custom_price:
        return
    line.unit_price = amount
    line.is_tax_inclusive = facts.is_tax_inclusive
    line.compare_at_unit_price = facts.original_amount if facts.is_on_sale else None


def _refuse_short(draft: Draft) -> None:
    """All lines of the cart count: two lines of one variant share its stock, and so do kits."""
    asked = [line for line in draft.lines if line.id in draft.touched and _is_limited(line.facts)]
    _refuse_unplaced(draft, asked)
    needed: dict[str, Decimal] = {}
    for line in draft.lines:
        if line.facts is not None and line.facts.manages_inventory:
            for need in line.facts.stock:
                held = needed.get(need.inventory_item_id, Decimal(0))
                needed[need.inventory_item_id] = held + need.required * line.quantity
    for line in asked:
        assert line.facts is not None
        if not line.facts.stock or any(
            needed[need.inventory_item_id] > (need.available or 0) for need in line.facts.stock
        ):
            raise NotAllowed(_SHORT, code="insufficient_inventory")


def _refuse_unplaced(draft: Draft, lines: Iterable[Line]) -> None:
    for line in lines:
        assert line.facts is not None
        if any(need.available is None for need in line.facts.stock):
            raise InvalidData(
                f"Sales channel {draft.sales_channel_id} is not associated with any stock"
                f" location for variant {line.variant_id}."
            )


def _is_limited(facts: VariantFacts | None) -> bool:
    return facts is not None and facts.manages_inventory and not facts.allows_backorder
