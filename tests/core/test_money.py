"""Numbers from JSON become exact decimals."""

import math
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from merx.core.money import exact, plain_number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (10, "10"),
        (10.0, "10"),
        (0.1, "0.1"),
        (9.95, "9.95"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (-1.5, "-1.5"),
        (2**80, str(2**80)),
        (Decimal("1.10"), "1.1"),
    ],
)
def test_the_shortest_text_of_a_number_is_its_value(
    number: int | float | Decimal, text: str
) -> None:
    assert exact(number) == Decimal(text)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, Decimal("NaN"), Decimal("Inf")])
def test_what_is_not_finite_is_no_amount(number: float | Decimal) -> None:
    assert exact(number) is None


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_comes_back_bit_by_bit(number: float) -> None:
    decimal = exact(number)

    assert decimal is not None
    assert float(decimal) == number


@given(number=st.integers())
def test_an_integer_is_itself(number: int) -> None:
    assert exact(number) == number


@given(number=st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_itself(number: Decimal) -> None:
    assert exact(number) == number


@pytest.mark.parametrize("number", [0, 3, 2.5, 10**18, 2**63, -(10**30), Decimal("1e300"), 1e308])
def test_a_plain_number_can_be_written_as_json(number: int | float | Decimal) -> None:
    plain = plain_number(number)

    assert orjson.loads(orjson.dumps(plain)) == plain
    assert isinstance(plain, int) == (abs(number) < 2**63 and number == int(number))
