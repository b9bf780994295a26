"""What is handed out lasts as long as docs/reference/auth.md says, to the second."""

from datetime import timedelta

import pytest

from merx.core.database import Transaction
from merx.core.errors import NotAllowed
from merx.modules.auth.authorizations import begin_authorization, finish_authorization
from merx.modules.auth.resets import issue_reset_token, take_reset_token
from merx.modules.auth.verifications import confirm_verification, request_verification
from tests.factories.people import claims, make_person

SECRET = "a secret of the tests that is long enough"
TEN, FIFTEEN = timedelta(minutes=10), timedelta(minutes=15)
MOMENT = timedelta(microseconds=1)


async def shift(tx: Transaction, table: str, column: str, by: timedelta) -> None:
    await tx.execute(f"UPDATE {table} SET {column} = {column} - $1::interval", by)


@pytest.mark.parametrize(("passed", "is_open"), [(TEN - MOMENT, True), (TEN, False)])
async def test_a_log_in_elsewhere_returns_within_ten_minutes(
    tx: Transaction, passed: timedelta, *, is_open: bool
) -> None:
    begun = await begin_authorization(tx, "openid", "user", "https://x.test", secret=SECRET)
    await shift(tx, "auth_departure", "expires_at", passed)

    ended = await finish_authorization(tx, begun.state, "openid", "user", secret=SECRET)

    assert ended == (begun if is_open else None)


@pytest.mark.parametrize(("passed", "is_open"), [(FIFTEEN - MOMENT, True), (FIFTEEN, False)])
async def test_a_new_password_is_set_within_fifteen_minutes(
    tx: Transaction, passed: timedelta, *, is_open: bool
) -> None:
    ada = await make_person(tx)
    token = str(await issue_reset_token(tx, ada.email, "emailpass", "user", secret=SECRET))
    await shift(tx, "auth_password_reset_token", "expires_at", passed)

    said = claims(token)
    taken = await take_reset_token(tx, token)

    assert said["exp"] - said["iat"] == FIFTEEN.total_seconds()
    assert taken == (ada.identity.id if is_open else None)


@pytest.mark.parametrize(("passed", "is_open"), [(FIFTEEN - MOMENT, True), (FIFTEEN, False)])
async def test_an_address_is_verified_within_fifteen_minutes(
    tx: Transaction, passed: timedelta, *, is_open: bool
) -> None:
    ada = await make_person(tx)
    asked = await request_verification(tx, ada.identity.id, ada.email, "email", {})
    await shift(tx, "auth_verification", "code_at", passed)

    if is_open:
        assert (await confirm_verification(tx, str(asked.code)))["entity_id"] == ada.email
    else:
        with pytest.raises(NotAllowed):
            await confirm_verification(tx, str(asked.code))
