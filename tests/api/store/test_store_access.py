"""The store is open to who shows a live publishable key, and to nobody else."""

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.settings import Settings
from tests.answers import good
from tests.api_document import written
from tests.factories.customers import make_buyer, make_newcomer
from tests.factories.keys import basic, make_key, storefront
from tests.factories.people import UNAUTHORIZED, bearer, make_person
from tests.statements import noted

ABSENT = "Publishable API key required in the request header: x-publishable-api-key."
WRONG = "A valid publishable key is required to proceed with the request"


def store_routes() -> list[tuple[str, str]]:
    return [
        (method.upper(), path)
        for path, methods in written()["paths"].items()
        if path.startswith("/store")
        for method in methods
    ]


def refused(answer: httpx.Response, words: str) -> bool:
    return (
        answer.status_code == 400
        and answer.json()["type"] == "not_allowed"
        and answer.json()["message"].startswith(words)
    )


async def test_every_store_route_asks_for_a_key(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    _, secret = await make_key(tx, "secret")
    revoked_id, revoked = await make_key(tx)
    deleted_id, deleted = await make_key(tx)
    await tx.execute("UPDATE api_key SET revoked_at = now() WHERE id = $1", revoked_id)
    await tx.execute("UPDATE api_key SET deleted_at = now() WHERE id = $1", deleted_id)
    ada = await make_person(tx)
    absent = [{}, ada.bearer(settings), basic(secret), storefront("")]
    wrong = [
        storefront(token)
        for token in (revoked, deleted, secret, "pk_", "pk_%", "pk_' OR true --", "x" * 4000)
    ]

    routes = store_routes()

    assert len(routes) >= 5
    for method, path in [*routes, ("GET", "/store/nothing"), ("POST", "/store/currencies")]:
        for headers in absent:
            assert refused(await client.request(method, path, headers=headers), ABSENT), path
        for headers in wrong:
            assert refused(await client.request(method, path, headers=headers), WRONG), path


# Store routes for who has a log-in and is no customer yet.
FOR_NEWCOMERS = {("POST", "/store/customers")}


async def test_every_route_of_a_customer_refuses_all_others(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    bea, gone = await make_buyer(tx), await make_buyer(tx, "gone@home.test")
    ada, new = await make_person(tx), await make_newcomer(tx)
    _, secret = await make_key(tx, "secret")
    await tx.execute("UPDATE customer SET deleted_at = now() WHERE id = $1", gone.id)
    others = {
        "nobody": {},
        "a user": ada.bearer(settings),
        "a secret key": basic(secret),
        "a deleted customer": bearer(gone.token(settings)),
        "a customer as a user": bearer(bea.token(settings, actor_type="user")),
        "nonsense": bearer("nonsense"),
    }
    routes = [route for route in store_routes() if route[1].startswith("/store/customers")]

    assert len(routes) == 8
    # A user's log-in is a customer's as soon as it wants to be, so it is a newcomer too.
    newcomers = {
        "a newcomer": bearer(new.token(settings)),
        "a user as a customer": bearer(ada.token(settings, actor_type="customer")),
    }
    for route in routes:
        callers = others if route in FOR_NEWCOMERS else {**others, **newcomers}
        for name, headers in callers.items():
            answer = await client.request(*route, headers={**storefront(bea.key), **headers})
            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED), (name, route)


async def test_the_hash_of_a_secret_key_is_no_publishable_key(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    key_id, _ = await make_key(tx, "secret")
    stored = await tx.fetchval("SELECT token FROM api_key WHERE id = $1", key_id)

    for token in (stored, f"pk_{stored}"):
        assert refused(await client.get("/store/currencies", headers=storefront(token)), WRONG)


async def test_a_key_to_be_revoked_later_works_until_then(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    key_id, token = await make_key(tx)
    await tx.execute("UPDATE api_key SET revoked_at = now() + interval '1 hour'")
    assert (await client.get("/store/currencies", headers=storefront(token))).status_code == 200

    await tx.execute("UPDATE api_key SET revoked_at = now() WHERE id = $1", key_id)

    assert refused(await client.get("/store/currencies", headers=storefront(token)), WRONG)


async def test_an_unknown_path_is_told_to_who_shows_a_key(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    _, token = await make_key(tx)

    assert (await client.get("/store/nothing", headers=storefront(token))).status_code == 404


@pytest.mark.parametrize(
    "fields", ["raw_rounding", "*,raw_rounding", "+raw_rounding", "name,raw_rounding"]
)
async def test_only_what_is_meant_for_buyers_is_shown(
    client: httpx.AsyncClient, tx: Transaction, fields: str
) -> None:
    _, token = await make_key(tx)

    answer = await client.get(
        "/store/currencies/eur", params={"fields": fields}, headers=storefront(token)
    )

    assert "raw_rounding" not in good(answer)["currency"]


async def test_a_region_is_shown_without_what_the_shop_keeps_to_itself(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    _, token = await make_key(tx)
    await tx.execute("INSERT INTO region (id, name, currency_code) VALUES ('reg_1', 'A', 'eur')")
    await tx.execute(
        "INSERT INTO region (id, name, currency_code, deleted_at)"
        " VALUES ('reg_2', 'B', 'eur', now())"
    )

    hidden = ("automatic_taxes", "id,automatic_taxes", "+automatic_taxes", "*countries.region")
    for fields in hidden:
        query = {"fields": fields, "with_deleted": "true"}
        answer = await client.get("/store/regions", params=query, headers=storefront(token))
        rows = good(answer)["regions"]
        assert [row["id"] for row in rows] == ["reg_1"]
        assert "automatic_taxes" not in rows[0]


@pytest.mark.parametrize("token", ["x", "sk_x", "ä", "pk_ä"])
async def test_what_cannot_be_a_key_takes_no_connection(
    app: FastAPI, client: httpx.AsyncClient, token: str
) -> None:
    headers = {"x-publishable-api-key": token.encode("latin-1")}
    with noted(app) as statements:
        request = client.get("/store/regions", headers=headers)

        assert await statements.all_of(request, 400) == []
