"""What makes two prices of a set the same price."""

from decimal import Decimal

import pytest

from merx.modules.pricing.prices import Key, PriceRows, price_key, without_repeats
from merx.modules.product.schemas import PriceInput

ONE, TEN = Decimal(1), Decimal(10)


def price(amount: float, currency: str = "usd", **more: object) -> PriceInput:
    return PriceInput.model_validate({"amount": amount, "currency_code": currency, **more})


def key(currency: str, least: Decimal | None, most: Decimal | None, rules: dict[str, str]) -> Key:
    return price_key(price(1, currency, min_quantity=least, max_quantity=most, rules=rules))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(("usd", None, None, {}), ("USD", None, None, {}), id="case of the currency"),
        pytest.param(("usd", TEN, None, {}), ("usd", Decimal("1E+1"), None, {}), id="10 and 1e1"),
        pytest.param(("usd", TEN, None, {}), ("usd", Decimal("10.00"), None, {}), id="zeros"),
        pytest.param(
            ("usd", None, None, {"a": "1", "b": "2"}),
            ("usd", None, None, {"b": "2", "a": "1"}),
            id="order of the rules",
        ),
    ],
)
def test_same(first: tuple[object, ...], second: tuple[object, ...]) -> None:
    assert key(*first) == key(*second)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("eur", ONE, TEN, {"a": "1"}), id="currency"),
        pytest.param(("usd", None, TEN, {"a": "1"}), id="no least quantity"),
        pytest.param(("usd", ONE, ONE, {"a": "1"}), id="largest quantity"),
        pytest.param(("usd", ONE, TEN, {}), id="no rules"),
        pytest.param(("usd", ONE, TEN, {"a": "2"}), id="value of a rule"),
        pytest.param(("usd", ONE, TEN, {"a": "1", "b": "1"}), id="one rule more"),
    ],
)
def test_different(other: tuple[object, ...]) -> None:
    assert key("usd", ONE, TEN, {"a": "1"}) != key(*other)  # type: ignore[arg-type]


def test_of_equal_prices_the_last_counts() -> None:
    prices = [price(1), price(2, "eur"), price(3, "USD"), price(4, min_quantity=5)]

    assert [kept.amount for kept in without_repeats(prices)] == [3, 2, 4]


def test_a_new_price_becomes_a_row_with_its_rules() -> None:
    rows = PriceRows()

    rows.add("pset_1", price(9.95, "EUR", min_quantity=2, rules={"region_id": "reg_1", "b": "c"}))

    [made] = rows.prices
    assert (made["currency_code"], made["amount"], made["rules_count"]) == (
        "eur",
        Decimal("9.95"),
        2,
    )
    assert {(rule["attribute"], rule["value"], rule["price_id"]) for rule in rows.rules} == {
        ("region_id", "reg_1", made["id"]),
        ("b", "c", made["id"]),
    }
