"""Exact numbers: decimals from JSON to numeric columns, never through binary arithmetic."""

from decimal import Decimal

# numeric holds far more; beyond this an amount is a mistake, and its text would not fit an answer.
MAX_DIGITS = 1000


def exact(number: int | float | Decimal) -> Decimal | None:
    """The decimal that the number's shortest text names (0.1 is 0.1); None if it is not finite.

    >>> exact(10.0), exact(9.95)
    (Decimal('10'), Decimal('9.95'))
    """
    value = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    if not value.is_finite():
        return None
    return (
        value.quantize(Decimal(1))
        if value == value.to_integral_value() and abs(value) < Decimal(10**20)
        else value.normalize()
    )
