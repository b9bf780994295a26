"""How many statements log-ins and second factors take, the one that asks who calls included."""

import time

import pytest
from pyotp.totp import TOTP

from tests.factories.people import PASSWORD, make_person
from tests.factories.second_factors import KEY, log_in_half, make_factor
from tests.statements import noted

LOG_IN = {"email": "ada@shop.test", "password": PASSWORD}
FACTORS = "/auth/mfa/factors"


@pytest.fixture(autouse=True)
def with_key(app, settings):
    app.state.settings = settings.model_copy(update={"mfa_encryption_key": KEY})
    yield
    app.state.settings = settings


async def test_a_log_in_without_a_second_factor_pays_nothing_for_it(app, client, tx):
    await make_person(tx)
    await client.post("/auth/user/emailpass", json=LOG_IN)  # replaces the weak hash

    with noted(app) as statements:
        texts = await statements.all_of(client.post("/auth/user/emailpass", json=LOG_IN))

    # An attempt taken, others' ended ones removed, the identity, the attempt given back.
    assert len(texts) == 4, texts


async def test_second_factors(app, client, tx, settings):
    headers = (await make_person(tx)).bearer(settings)
    factor = await make_factor(client, headers)
    half = await log_in_half(client)
    body = {"method": "totp", "code": TOTP(factor.secret).now()}
    # A code counts once, and the answer below takes that of now.
    later = TOTP(factor.secret).at(int(time.time()) + 30)

    with noted(app) as statements:

        async def count(method, path, json=None, headers=headers, status=200):
            request = client.request(method, path, json=json, headers=headers)
            return len(await statements.all_of(request, status))

        counts = {
            "list": await count("GET", FACTORS),
            "log in": await count("POST", "/auth/user/emailpass", LOG_IN),
            "answer": await count(
                "POST", f"/auth/mfa/challenges/{half.challenge['id']}/verify", body, half.headers
            ),
            "1 code": await count("POST", "/auth/mfa/recovery-codes", {"count": 1}),
            "50 codes": await count("POST", "/auth/mfa/recovery-codes", {"count": 50}),
            "disable": await count(
                "DELETE", f"{FACTORS}/{factor.id}", {"method": "totp", "code": later}
            ),
            "begin": await count("POST", FACTORS, {"provider": "totp"}),
            "ask": await count(
                "POST",
                "/auth/verification/request",
                {"entity_id": "a", "entity_type": "email"},
                status=201,
            ),
            "confirm": await count(
                "POST", "/auth/verification/confirm", {"code": "x"}, {}, status=400
            ),
        }

    assert counts == {
        "list": 2,
        "log in": 6,
        "answer": 8,
        "1 code": 4,
        "50 codes": 4,
        "disable": 10,  # the code that it asks for among them
        "begin": 2,
        "ask": 7,  # the mail with its event, and the count of the mailbox among them
        "confirm": 1,
    }
