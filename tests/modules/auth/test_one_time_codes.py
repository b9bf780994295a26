"""One-time codes: the test values of RFC 6238, and what is no code."""

from urllib.parse import parse_qs, urlsplit

import pytest

from merx.modules.auth.one_time_codes import matching_step, new_secret, otpauth_url

# "12345678901234567890", the key of the RFC; its codes of eight digits end in these six.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_the_rfc(at: int, code: str) -> None:
    assert matching_step(SECRET, code, at=at) == at // 30


@pytest.mark.parametrize(
    ("later", "is_taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_neighbours_in_time_are_taken(later: int, is_taken: bool) -> None:
    shown_at, code = 1111111109, "081804"

    step = matching_step(SECRET, code, at=shown_at + later)

    assert step == (shown_at // 30 if is_taken else None)


@pytest.mark.parametrize(
    "code", ["", "28708", "2870820", " 287082", "287082\n", "\uff12\uff18\uff17\uff10\uff18\uff12"]
)
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert matching_step(SECRET, code, at=59) is None


def test_secrets_are_long_and_never_the_same() -> None:
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {32}


def test_the_url_says_what_an_app_shows() -> None:
    url = urlsplit(otpauth_url(SECRET, issuer="Shop & Co", account="my/phone?"))

    assert (url.scheme, url.netloc) == ("otpauth", "totp")
    assert url.path == "/Shop%20%26%20Co:my%2Fphone%3F"
    assert parse_qs(url.query) == {"secret": [SECRET], "issuer": ["Shop & Co"]}


def test_the_url_goes_without_an_issuer() -> None:
    assert otpauth_url(SECRET, issuer="", account="x") == f"otpauth://totp/x?secret={SECRET}"
