"""Prices, promotes, taxes and totals a cart, once, with statements over lists.

Runs under the cart's lock. Shipping methods follow the cart: they are priced again, and removed if
they are no longer available.
"""

from dataclasses import replace
from decimal import Decimal

from merx.core.database import Transaction
from merx.modules.promotion.facts import Adjustment, CartFacts, Target
from merx.modules.tax.lines import Taxed, TaxLines, TaxQuestion, ask_taxes, find_taxes
from merx.modules.totals.totals import Discount, Priced, Totals, compute_row, compute_totals
from merx.providers.fulfillment import Destination, Goods
from merx.providers.tax import Place
from merx.workflows.selling.carts.draft import AdjustmentRow, Draft, Line, TaxRow, Way
from merx.workflows.selling.carts.outside import Answers
from merx.workflows.selling.carts.pricing import price_lines
from merx.workflows.selling.promotions import Offers, check_codes, load_promotions
from merx.workflows.selling.shipping_options import Choice, ShippingContext, price_methods


async def refresh(
    tx: Transaction, draft: Draft, answers: Answers, *, force_taxes: bool = False
) -> None:
    """Recompute everything that follows from the lines, the customer and the address.

    Shipping prices depend on the lines' totals, and promotions and taxes on both, so if the price
    of a method changed, promotions are computed a second time, without the database.
    """
    await price_lines(tx, draft)
    await _tax(tx, draft, answers, force_taxes)
    offers = await _offers(tx, draft)
    _promote(draft, offers)
    if await _price_ways(tx, draft, answers):
        # Only an external provider could tax another price otherwise.
        if draft.is_taxed_outside:
            await _tax(tx, draft, answers, force_taxes)
        _promote(draft, offers and replace(offers, facts=_with_ways(offers.facts, draft)))
    _total(draft)


async def _offers(tx: Transaction, draft: Draft) -> Offers | None:
    """The promotions that may apply; None without looking if there are none."""
    if not (draft.has_offers or draft.new_codes or draft.promotion_ids):
        return None
    offers = await load_promotions(
        tx, promotion_facts(draft), codes=draft.new_codes, promotion_ids=draft.promotion_ids
    )
    check_codes(offers, draft.new_codes)
    return offers


async def _price_ways(tx: Transaction, draft: Draft, answers: Answers) -> bool:
    """Whether a method was removed or has another price."""
    before = [(way.id, way.amount, way.is_tax_inclusive) for way in draft.ways]
    draft.ways = [way for way in draft.ways if _has_goods(draft, way)]
    chosen = [way for way in draft.ways if way.shipping_option_id is not None]
    if not chosen:
        return len(before) != len(draft.ways)
    choices = [Choice(way.shipping_option_id or "", way.data or {}) for way in chosen]
    context = shipping_context(draft)
    priced = await price_methods(
        tx, answers.deliveries, context, choices, validate=False, known=draft.offers
    )
    for way in chosen:
        method = priced.found.get(way.shipping_option_id or "")
        if method is None:
            draft.ways.remove(way)
        else:
            way.name, way.amount = method.name, method.amount
            way.is_tax_inclusive = method.is_tax_inclusive
    return before != [(way.id, way.amount, way.is_tax_inclusive) for way in draft.ways]


def _has_goods(draft: Draft, way: Way) -> bool:
    """Whether the cart has items of the method's profile; one whose variant was deleted may have
    it.
    """
    if way.shipping_profile_id is None or not draft.lines:
        return True
    return any(
        line.facts is None or line.facts.shipping_profile_id == way.shipping_profile_id
        for line in draft.lines
    )


def shipping_context(draft: Draft) -> ShippingContext:
    """What decides the available options for the cart, and their prices."""
    address = draft.shipping_address
    totals = compute_totals(map(_priced, draft.lines))
    return ShippingContext(
        draft.currency_code,
        draft.region_id,
        draft.sales_channel_id,
        Destination(address.country_code, address.province, address.city, address.postal_code)
        if address
        else None,
        draft.customer_id,
        totals.whole.item_total,
        enabled_in_store=True,
        goods=[_goods(line) for line in draft.lines],
        cart_id=draft.id,
    )


def _goods(line: Line) -> Goods:
    return Goods(line.title, Decimal(line.quantity), variant_id=line.variant_id)


async def _tax(tx: Transaction, draft: Draft, answers: Answers, forced: bool) -> None:
    found = await find_taxes(tx, _tax_question(draft, forced))
    draft.is_taxed_outside = found is not None and not found.is_local
    rates: TaxLines = await ask_taxes(answers.taxes, found) if found else {}
    for row in (*draft.lines, *draft.ways):
        row.taxes = tuple(
            TaxRow(rate.code, rate.description, rate.rate, rate.tax_rate_id, rate.provider_id)
            for rate in rates.get(row.id, ())
        )


def _tax_question(draft: Draft, forced: bool) -> TaxQuestion:
    items = [
        Taxed(
            line.id, Decimal(line.quantity), line.unit_price, line.product_id, line.product_type_id
        )
        for line in draft.lines
    ]
    methods = [
        Taxed(way.id, Decimal(1), way.amount, shipping_option_id=way.shipping_option_id)
        for way in draft.ways
    ]
    return TaxQuestion(
        (*items, *methods), _place(draft), draft.currency_code, draft.region_id, forced
    )


def _place(draft: Draft) -> Place | None:
    """Where taxes are due: at the address or, if it has no country, in the region's."""
    address = draft.shipping_address
    countries = draft.region.countries if draft.region else ()
    known = countries[0] if len(countries) == 1 else None
    if address is None:
        return Place(known) if known else None
    country = address.country_code or known
    if not country:
        return None
    return Place(
        country,
        address.province,
        address.city,
        address.postal_code,
        address.address_1,
    )


def _promote(draft: Draft, offers: Offers | None) -> None:
    """Apply the promotions; those without a discount are dropped."""
    if offers is None:
        for row in (*draft.lines, *draft.ways):
            row.adjustments = ()
        return
    computed = offers.compute()
    by_row: dict[str, list[AdjustmentRow]] = {}
    for taken in computed.adjustments:
        row_id = taken.item_id or taken.shipping_method_id or ""
        by_row.setdefault(row_id, []).append(_adjustment(taken))
    for row in (*draft.lines, *draft.ways):
        row.adjustments = tuple(by_row.get(row.id, ()))
    applied = {taken.promotion_id for taken in computed.adjustments}
    draft.promotion_ids = tuple(one.id for one in offers.promotions if one.id in applied)


def _with_ways(facts: CartFacts, draft: Draft) -> CartFacts:
    """The facts with the methods' present prices."""
    priced = {way.id: compute_row(_undiscounted(way)).totals for way in draft.ways}
    methods = [
        replace(
            one,
            subtotal=priced[one.id].subtotal,
            original_total=priced[one.id].original_total,
        )
        for one in facts.methods
        if one.id in priced
    ]
    return replace(facts, methods=methods)


def _adjustment(taken: Adjustment) -> AdjustmentRow:
    return AdjustmentRow(
        taken.promotion_id, taken.code, taken.amount.normalize(), taken.is_tax_inclusive
    )


def promotion_facts(draft: Draft) -> CartFacts:
    """The cart as promotions see it, before any discount."""
    plain = compute_totals(map(_undiscounted, draft.lines), map(_undiscounted, draft.ways))
    address = draft.shipping_address
    lines = [
        Target(
            line.id,
            Decimal(line.quantity),
            row.totals.subtotal,
            row.totals.original_total,
            line.is_discountable,
            _line_facts(line),
        )
        for line, row in zip(draft.lines, plain.items, strict=True)
    ]
    methods = [
        Target(
            way.id,
            Decimal(1),
            row.totals.subtotal,
            row.totals.original_total,
            facts={
                "name": way.name,
                "amount": way.amount,
                "shipping_option_id": way.shipping_option_id,
                "shipping_option": {"id": way.shipping_option_id},
            },
        )
        for way, row in zip(draft.ways, plain.methods, strict=True)
    ]
    facts: dict[str, object] = {
        "id": draft.id,
        "currency_code": draft.currency_code,
        "region_id": draft.region_id,
        "region": {"id": draft.region_id},
        "sales_channel_id": draft.sales_channel_id,
        "customer_id": draft.customer_id,
        "customer": {"id": draft.customer_id, "email": draft.email},
        "email": draft.email,
        "metadata": draft.metadata,
        "shipping_address": {
            "country_code": address.country_code if address else None,
            "province": address.province if address else None,
            "city": address.city if address else None,
            "postal_code": address.postal_code if address else None,
        },
    }
    return CartFacts(draft.currency_code, lines, methods, facts)


def _line_facts(line: Line) -> dict[str, object]:
    return {
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "product": {"id": line.product_id, "type_id": line.product_type_id},
        "variant": {"id": line.variant_id},
        "title": line.title,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "metadata": line.metadata or {},
    }


def _undiscounted(row: Line | Way) -> Priced:
    return Priced(
        row.price, Decimal(row.quantity), row.is_tax_inclusive, [tax.rate for tax in row.taxes]
    )


def _priced(row: Line | Way) -> Priced:
    return Priced(
        row.price,
        Decimal(row.quantity),
        row.is_tax_inclusive,
        [tax.rate for tax in row.taxes],
        [Discount(taken.amount, taken.is_tax_inclusive) for taken in row.adjustments],
    )


def _total(draft: Draft) -> None:
    totals: Totals = compute_totals(
        map(_priced, draft.lines), map(_priced, draft.ways), draft.credits
    )
    draft.totals = totals.whole
    rows = (*draft.lines, *draft.ways)
    for row, result in zip(rows, (*totals.items, *totals.methods), strict=True):
        row.totals = result.totals
        row.taxes = tuple(
            TaxRow(
                tax.code,
                tax.description,
                tax.rate,
                tax.tax_rate_id,
                tax.provider_id,
                part.subtotal,
                part.total,
            )
            for tax, part in zip(row.taxes, result.taxes, strict=True)
        )
        row.adjustments = tuple(
            AdjustmentRow(
                taken.promotion_id,
                taken.code,
                taken.amount,
                taken.is_tax_inclusive,
                part.subtotal,
                part.total,
            )
            for taken, part in zip(row.adjustments, result.discounts, strict=True)
        )
