"""The door to payment: amounts as the currency has them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merx.core.errors import InvalidData
from merx.modules.payment.amounts import payable, rounded
from merx.providers.stripe import from_minor, to_minor


@pytest.mark.parametrize(
    ("amount", "digits", "paid"),
    [
        ("61.9615", 2, "61.96"),
        ("0.005", 2, "0.01"),
        ("1089.72", 0, "1090"),
        ("5.1235", 3, "5.124"),
        ("30.00", 2, "30"),
        ("1e30", 2, "1000000000000000000000000000000"),
        ("0.9999999999999999", 2, "1"),
    ],
)
def test_halves_go_up(amount, digits, paid):
    assert str(rounded(Decimal(amount), digits)) == paid


async def test_the_currency_says_how_many_digits(tx):
    assert await payable(tx, Decimal("9.995"), "EUR") == 10
    assert await payable(tx, Decimal("1089.72"), "jpy") == 1090
    with pytest.raises(InvalidData):
        await payable(tx, Decimal(1), "xxx")


@given(st.decimals(0, 10**9, places=2))
def test_two_decimals_go_to_stripe_and_back(amount):
    assert from_minor(to_minor(amount, "eur"), "eur") == amount


@given(st.integers(0, 10**9), st.sampled_from(["jpy", "krw", "clp", "isk", "ugx"]))
def test_whole_amounts_go_to_stripe_and_back(amount, currency):
    assert from_minor(to_minor(Decimal(amount), currency), currency) == amount


@given(st.decimals(0, 10**6, places=3), st.sampled_from(["kwd", "bhd", "tnd"]))
def test_of_three_decimals_the_last_is_0(amount, currency):
    assert to_minor(amount, currency) % 10 == 0
    assert abs(from_minor(to_minor(amount, currency), currency) - amount) <= Decimal("0.005")
