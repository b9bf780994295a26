"""From promotions to the till: what a discounted cart owes is an amount that its currency has."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from merx.modules.payment.amounts import rounded
from merx.modules.promotion.engine import compute
from merx.modules.promotion.facts import CartFacts, Method, Promotion, Target
from merx.modules.totals.totals import Discount, Priced, compute_row, compute_totals
from merx.providers.stripe import from_minor, to_minor

DIGITS = {"eur": 2, "jpy": 0, "krw": 0, "kwd": 3, "tnd": 3}
PRICES = st.decimals(0, 5000, places=3)
QUANTITIES = st.integers(1, 7).map(Decimal)
RATES = st.sampled_from([Decimal(0), Decimal(20), Decimal("5.5"), Decimal("7.7")])


@st.composite
def promotions(draw, currency):
    found = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["fixed", "percentage"]))
        allocation = draw(st.sampled_from(["each", "across", "once"]))
        value = draw(st.decimals("0.001", 100 if kind == "percentage" else 3000, places=3))
        method = Method(
            kind,
            "items",
            value,
            allocation,
            currency if kind == "fixed" else None,
            max_quantity=None if allocation == "across" else draw(st.integers(1, 3)),
        )
        tax = draw(st.booleans())
        found.append(
            Promotion(f"promo_{number}", f"P{number}", "standard", method, is_tax_inclusive=tax)
        )
    return found


@st.composite
def carts(draw):
    """A currency, its lines with their tax, and promotions."""
    currency = draw(st.sampled_from(sorted(DIGITS)))
    lines = draw(
        st.lists(st.tuples(PRICES, QUANTITIES, RATES, st.booleans()), min_size=1, max_size=5)
    )
    rows = [
        Priced(price, quantity, is_inclusive, [rate])
        for price, quantity, rate, is_inclusive in lines
    ]
    return currency, rows, draw(promotions(currency))


def discounted(currency, rows, promos):
    """The totals of the lines with what the promotions take off."""
    targets = []
    for number, row in enumerate(rows):
        totals = compute_row(row).totals
        targets.append(
            Target(f"line_{number}", row.quantity, totals.subtotal, totals.original_total)
        )
    computed = compute(CartFacts(currency, targets), promos)
    items = [
        Priced(
            row.price,
            row.quantity,
            row.is_tax_inclusive,
            row.rates,
            [
                Discount(one.amount, one.is_tax_inclusive)
                for one in computed.adjustments
                if one.item_id == target.id
            ],
        )
        for row, target in zip(rows, targets, strict=True)
    ]
    return compute_totals(items).whole


@given(carts())
def test_what_is_owed_after_discounts_is_an_amount_of_the_currency(cart):
    currency, rows, promos = cart
    digits = DIGITS[currency]
    unit = Decimal(1).scaleb(-digits)

    whole = discounted(currency, rows, promos)
    owed = rounded(whole.total, digits)

    # Shares and taxes that do not end are cut after many digits, never near a unit.
    noise = Decimal("1e-12")
    assert -noise <= whole.total <= whole.original_total + noise
    assert owed >= 0
    assert owed % unit == 0
    assert abs(owed - whole.total) <= unit / 2
    assert owed <= rounded(whole.original_total + noise, digits)
    # Rounding a rounded amount changes nothing.
    assert rounded(owed, digits) == owed


@given(carts())
def test_what_is_owed_is_asked_of_stripe_to_the_last_unit(cart):
    currency, rows, promos = cart
    owed = rounded(discounted(currency, rows, promos).total, DIGITS[currency])

    minor = to_minor(owed, currency)

    if DIGITS[currency] == 3:
        # Stripe needs the last of three decimals to be 0.
        assert minor % 10 == 0
        assert abs(from_minor(minor, currency) - owed) <= Decimal("0.005")
    else:
        assert from_minor(minor, currency) == owed
