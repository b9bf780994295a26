"""The SDK's second factors and verifications against a running server."""

import pytest

from tests.factories.people import claims

pytestmark = pytest.mark.sdk


async def test_a_customer_logs_in_with_a_second_factor(run, name):
    seen = await run("second_factors.mjs", name=name)

    by_token, by_session = seen["token"], seen["session"]
    assert by_token["begun"]["mfa_factor"]["status"] == "pending"
    assert by_token["begun"]["otpauth_url"].startswith("otpauth://totp/Merx:Phone?secret=")
    assert by_token["enabled"]["mfa_factor"]["status"] == "enabled"
    assert by_token["half"]["mfa_challenge"]["methods"] == ["totp", "recovery_code"]
    assert by_token["wrong"]["message"] == "Invalid MFA challenge code"
    assert claims(by_token["token"])["mfa_challenge_completed_at"]
    assert [factor["status"] for factor in by_token["factors"]] == ["enabled"]
    assert by_token["refreshed"]["mfa_required"] is True

    assert by_session["refused"]["status"] == 401
    assert claims(by_session["token"])["mfa_challenge_completed_at"]
    assert by_session["disabled"]["mfa_factor"]["status"] == "disabled"
    assert by_session["verification"]["entity_id"] == f"{name}@shop.test"
    assert by_session["unconfirmed"]["status"] == 400
    assert by_session["plain"].count(".") == 2
