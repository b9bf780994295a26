"""Rounding at the edge of payments: totals are unrounded, payments have the currency's digits."""

from decimal import ROUND_HALF_UP, Decimal

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.core.money import UNROUNDED


def rounded(amount: Decimal, digits: int) -> Decimal:
    """The amount with the digits of its currency, halves away from zero.

    >>> rounded(Decimal("61.9615"), 2), rounded(Decimal("1089.72"), 0), rounded(Decimal("30.0"), 2)
    (Decimal('61.96'), Decimal('1090'), Decimal('30'))
    """
    whole = amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, UNROUNDED)
    plain = whole.normalize(UNROUNDED)
    return plain.quantize(Decimal(1), context=UNROUNDED) if plain == plain.to_integral() else plain


async def payable(tx: Transaction, amount: Decimal, currency_code: str) -> Decimal:
    """The amount, rounded to the currency; InvalidData if it is not a payable amount."""
    digits = await tx.fetchval(
        "SELECT decimal_digits FROM currency WHERE code = lower($1)", currency_code
    )
    if digits is None:
        raise InvalidData(f"Currency with code: {currency_code} was not found")
    return rounded(amount, digits)
