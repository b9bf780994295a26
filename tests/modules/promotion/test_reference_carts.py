"""The engine takes off generated carts what the reference takes off them (record_carts.py)."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from merx.modules.promotion.engine import compute
from merx.modules.promotion.facts import CartFacts, Method, Promotion, Rule, Target

_CARTS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("carts.json").read_text(), parse_float=Decimal
)
# The reference computes with binary numbers.
_NOISE = Decimal("1e-9")


@pytest.mark.parametrize("number", range(len(_CARTS)))
def test_a_cart_costs_what_it_costs_on_the_reference(number: int) -> None:
    recorded = _CARTS[number]

    computed = compute(_cart(recorded["cart"]), map(_promotion, recorded["promotions"]))

    given = {
        (one.item_id or one.shipping_method_id or "", one.code): one.amount
        for one in computed.adjustments
    }
    wanted = {
        (row["id"], code): Decimal(amount)
        for row in (*recorded["cart"]["items"], *recorded["cart"]["shipping_methods"])
        for code, amount in row["adjustments"]
        if amount
    }
    assert given.keys() == wanted.keys(), recorded
    assert all(abs(given[key] - wanted[key]) < _NOISE for key in wanted), recorded


def _cart(recorded: dict[str, Any]) -> CartFacts:
    lines = [
        Target(
            row["id"],
            Decimal(row["quantity"]),
            Decimal(row["subtotal"]),
            Decimal(row["original_total"]),
            row["is_discountable"],
            {"product": {"id": row["product_id"]}},
        )
        for row in recorded["items"]
    ]
    methods = [
        Target(row["id"], Decimal(1), Decimal(row["subtotal"]), Decimal(row["original_total"]))
        for row in recorded["shipping_methods"]
    ]
    return CartFacts(recorded["currency_code"], lines, methods)


def _promotion(recorded: dict[str, Any]) -> Promotion:
    method = dict(recorded["application_method"])
    method["value"] = Decimal(method["value"])
    for name in ("target_rules", "buy_rules"):
        method[name] = tuple(
            Rule("", rule["attribute"], rule["operator"], tuple(rule["values"]))
            for rule in method.get(name, ())
        )
    return Promotion(
        id=recorded["code"],
        code=recorded["code"],
        type=recorded["type"],
        method=Method(**method),
        is_tax_inclusive=recorded["is_tax_inclusive"],
    )
