"""Totals: the reference's numbers, and what always holds."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merx.core.errors import InvalidData
from merx.modules.totals import columns
from merx.modules.totals.totals import (
    ROW_TOTALS,
    WHOLE_TOTALS,
    Discount,
    Priced,
    Row,
    compute_row,
    compute_totals,
)

D = Decimal
LINES = (("9.99", 3), ("14.5", 1))

amounts = st.decimals(0, 10**9, places=3)
rows = st.builds(
    Priced,
    price=amounts,
    quantity=st.integers(1, 1000).map(Decimal),
    is_tax_inclusive=st.booleans(),
    rates=st.lists(st.decimals(0, 60, places=2), max_size=3).map(tuple),
    discounts=st.lists(st.builds(Discount, amounts, st.booleans()), max_size=3).map(tuple),
)


def priced(*, inclusive: bool, rate: str, discounts: list[list[Discount]]) -> list[Priced]:
    return [
        Priced(D(price), D(quantity), inclusive, (D(rate),), taken)
        for (price, quantity), taken in zip(LINES, discounts, strict=True)
    ]


def test_columns_are_named_as_the_totals_and_stand_in_their_order() -> None:
    assert tuple(columns.WholeTotals.__annotations__) == WHOLE_TOTALS
    assert tuple(columns.RowTotals.__annotations__) == ROW_TOTALS


def test_nothing_is_rounded_to_the_currency() -> None:
    totals = compute_totals(
        [
            Priced(D("9.99"), D(3), rates=[D(20)]),
            Priced(D("14.5"), rates=[D("5.5")]),
        ],
        [Priced(D(10), rates=[D(7)])],
    )

    assert totals.whole.total == D("61.9615")


def test_prices_that_include_taxes_are_taken_apart() -> None:
    items = [
        Priced(D(price), D(quantity), True, [D(20)])
        for price, quantity in (("99.99", 3), ("0.1", 3), ("4.99", 1))
    ]

    whole = compute_totals(items).whole

    assert whole.total == D("305.26")
    assert whole.tax_total == D("50.876666666666666667")


@pytest.mark.parametrize(
    ("inclusive", "rate", "taken", "total", "discount_total", "tax_total"),
    [
        pytest.param(False, "20", False, "58.164", "7.2", "9.694", id="both without tax"),
        pytest.param(False, "20", True, "59.364", "6", "9.894", id="discount with tax"),
        pytest.param(True, "5", False, "48.17", "6.3", "2.2938095238", id="price with tax"),
        pytest.param(True, "5", True, "48.47", "6", "2.3080952381", id="both with tax"),
    ],
)
def test_a_discount_lowers_the_tax_unless_it_includes_it(
    inclusive: bool, rate: str, taken: bool, total: str, discount_total: str, tax_total: str
) -> None:
    shares = ("4.0436249156734877445", "1.9563750843265122555")
    discounts = [[Discount(D(share), taken)] for share in shares]
    method = Priced(D(10), is_tax_inclusive=inclusive, rates=[D(rate)])

    whole = compute_totals(
        priced(inclusive=inclusive, rate=rate, discounts=discounts), [method]
    ).whole

    assert whole.total == D(total)
    assert whole.discount_total == D(discount_total)
    assert whole.tax_total.quantize(D("1e-10")) == D(tax_total).quantize(D("1e-10"))


def test_credit_lines_pay_a_part_and_change_no_tax() -> None:
    whole = compute_totals([Priced(D(44), rates=[D(10)])], credits=[D("10.5")]).whole

    assert (whole.total, whole.tax_total) == (D("37.9"), D("4.4"))
    assert (whole.credit_line_total, whole.credit_line_tax_total) == (D("10.5"), 0)


def test_amounts_that_no_client_could_read_are_refused() -> None:
    assert compute_totals([Priced(D("1e299"))]).whole.total == D("1e299")
    with pytest.raises(InvalidData, match="more than 1e300"):
        compute_totals([Priced(D("1e300")), Priced(D(1))])
    with pytest.raises(InvalidData, match="more than 1e300"):
        compute_totals([], [Priced(D("1e308")), Priced(D("1e308"))])


def test_an_empty_cart_comes_to_nothing() -> None:
    assert set(compute_totals([]).whole.columns().values()) == {D(0)}


def near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= max(abs(one), abs(other), D(1)) * D("1e-15")


@given(st.lists(rows, max_size=6), st.lists(rows, max_size=2), st.lists(amounts, max_size=2))
def test_totals_agree_with_each_other(
    items: list[Priced], methods: list[Priced], credits: list[Decimal]
) -> None:
    totals = compute_totals(items, methods, credits)
    whole = totals.whole

    assert near(whole.total, whole.item_total + whole.shipping_total - whole.credit_line_total)
    assert near(
        whole.original_total - whole.discount_total, whole.item_total + whole.shipping_total
    )
    assert near(whole.subtotal, whole.item_subtotal + whole.shipping_subtotal)
    assert near(whole.discount_total, whole.discount_subtotal + whole.discount_tax_total)
    for row in (*totals.items, *totals.methods):
        assert_row_agrees(row)
    assert [compute_row(item) for item in items] == list(totals.items)


def assert_row_agrees(row: Row) -> None:
    of = row.totals
    assert near(of.total, of.subtotal - of.discount_subtotal + of.tax_total)
    assert near(of.original_total, of.original_subtotal + of.original_tax_total)
    assert near(of.tax_total, of.original_tax_total - of.discount_tax_total)
    assert near(of.tax_total, sum((part.total for part in row.taxes), D(0)))
    assert near(of.original_tax_total, sum((part.subtotal for part in row.taxes), D(0)))
    assert near(of.discount_total, sum((part.total for part in row.discounts), D(0)))
