"""Exact numbers: decimals from JSON to numeric columns, never through binary floating point."""

from decimal import Context, Decimal

# Adds and subtracts any JSON numbers without rounding, even 1e308 and 1e-308. Python's default
# context rounds to 28 digits, so sums would differ from the database's.
UNROUNDED = Context(prec=2000)


def exact(number: int | float | Decimal) -> Decimal | None:
    """The decimal that the number's shortest text names (0.1 is 0.1); None if it is not finite.

    >>> exact(10.0), exact(9.95), exact(3)
    (Decimal('10'), Decimal('9.95'), Decimal('3'))
    """
    if isinstance(number, float):
        number = Decimal(repr(number).removesuffix(".0"))
    value = Decimal(number)
    return value if value.is_finite() else None


def plain_number(number: int | float | Decimal) -> int | float:
    """The number as JSON has it: whole ones without a point, as far as 64 bits reach.

    >>> plain_number(Decimal("10.0")), plain_number(Decimal("9.95")), plain_number(10**30)
    (10, 9.95, 1e+30)
    """
    if not abs(number) < 2**63:
        return float(number)
    whole = int(number)
    return whole if whole == number else float(number)
