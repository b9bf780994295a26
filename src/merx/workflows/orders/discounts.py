"""The discounts of promotions on an order that is being written or edited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from merx.core.database import Transaction
from merx.modules.order.state import Adjustment, Line, Method
from merx.modules.promotion.facts import CartFacts, Target
from merx.modules.totals.totals import compute_row
from merx.workflows.selling.promotion_uses import without_own_uses
from merx.workflows.selling.promotions import Offers, check_codes, load_promotions


@dataclass(frozen=True, slots=True)
class Described:
    """What rules of promotions may ask about a line."""

    product_id: str | None
    variant_id: str | None
    is_discountable: bool


@dataclass(frozen=True, slots=True)
class Discounts:
    """The discounts of each line and shipping method, and the promotions they come from."""

    lines: Mapping[str, tuple[Adjustment, ...]]
    methods: Mapping[str, tuple[Adjustment, ...]]
    promotion_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Discounted:
    """An order as promotions see it; `options` are the shipping options of the methods."""

    currency_code: str
    region_id: str | None
    customer_id: str | None
    email: str | None
    lines: Sequence[Line]
    described: Mapping[str, Described]
    methods: Sequence[Method]
    options: Mapping[str, str | None]


async def find_discounts(
    tx: Transaction,
    order: Discounted,
    codes: Sequence[str],
    *,
    strict: bool = True,
    order_id: str | None = None,
) -> Discounts:
    """The discounts of the given codes and of automatic promotions; InvalidData for unknown codes.

    Limits and budgets that the order `order_id` itself has used count as available to it.
    """
    offers: Offers = await load_promotions(tx, _facts(order), codes=codes)
    if order_id is not None:
        offers = await without_own_uses(tx, offers, order_id)
    if strict:
        check_codes(offers, codes)
    taken = offers.compute().adjustments
    lines: dict[str, tuple[Adjustment, ...]] = {}
    methods: dict[str, tuple[Adjustment, ...]] = {}
    for one in taken:
        adjustment = Adjustment(
            one.amount, one.code, one.promotion_id, is_tax_inclusive=one.is_tax_inclusive
        )
        if one.item_id is not None:
            lines[one.item_id] = (*lines.get(one.item_id, ()), adjustment)
        elif one.shipping_method_id is not None:
            key = one.shipping_method_id
            methods[key] = (*methods.get(key, ()), adjustment)
    wanted = [one.id for one in offers.promotions if one.code in codes]
    used = [one.promotion_id for one in taken]
    return Discounts(lines, methods, list(dict.fromkeys([*wanted, *used])))


def _facts(order: Discounted) -> CartFacts:
    return CartFacts(
        order.currency_code,
        [_line(line, order.described[line.item_id]) for line in order.lines],
        [_method(method, order.options.get(method.method_id)) for method in order.methods],
        {
            "customer_id": order.customer_id,
            "region_id": order.region_id,
            "email": order.email,
        },
    )


def _line(line: Line, described: Described) -> Target:
    totals = compute_row(replace(line, adjustments=()).priced(line.quantity)).totals
    facts: dict[str, object] = {
        "product_id": described.product_id,
        "variant_id": described.variant_id,
    }
    return Target(
        line.item_id,
        line.quantity,
        totals.subtotal,
        totals.original_total,
        described.is_discountable,
        facts,
    )


def _method(method: Method, option_id: str | None) -> Target:
    totals = compute_row(replace(method, adjustments=()).priced()).totals
    return Target(
        method.method_id,
        Decimal(1),
        totals.subtotal,
        totals.original_total,
        facts={"shipping_option_id": option_id},
    )
