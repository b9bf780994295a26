"""Whose failures are counted together."""

import pytest

from merx.modules.auth.attempts import address_key, email_key


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        pytest.param("10.0.0.1", "10.0.0.1", True, id="one address"),
        pytest.param("10.0.0.1", "10.0.0.2", False, id="neighbours"),
        pytest.param("::ffff:10.0.0.1", "10.0.0.1", True, id="IPv4 within IPv6"),
        pytest.param("2001:db8::1", "2001:db8::ffff:1", True, id="one subscriber of IPv6"),
        pytest.param("2001:db8::1", "2001:db8:0:1::1", False, id="two subscribers of IPv6"),
        pytest.param("fe80::1%eth0", "fe80::2%eth0", True, id="with a scope"),
        pytest.param("testclient", "testclient", True, id="no address"),
    ],
)
def test_addresses_of_one_subscriber_share_a_budget(
    first: str, second: str, together: bool
) -> None:
    same = address_key(first) == address_key(second)

    assert same is together


def test_emails_are_counted_as_they_are_matched() -> None:
    assert email_key("ada@shop.test") == email_key("Ada@Shop.test")
    assert email_key("ada@shop.test") != email_key("bea@shop.test")
    assert len(email_key("x" * 100_000)) < 100


def test_the_budgets_of_an_address_and_an_email_never_meet() -> None:
    assert email_key("10.0.0.1") != address_key("10.0.0.1")
