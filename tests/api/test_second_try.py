"""A change that PostgreSQL rolls back in favour of another is retried before a response is sent."""

from collections.abc import Awaitable, Callable

import pytest
from httpx import AsyncClient

from merx.core.database import Transaction
from merx.web.second_try import TRIES

Clash = Callable[[str, int], Awaitable[None]]


@pytest.fixture
def clash(tx: Transaction) -> Clash:
    """Make the first changes of a table fail like a deadlock or a serialization failure.

    A sequence counts them: it is not undone.
    """

    async def clashing(code: str, times: int, table: str = "customer_group") -> None:
        await tx.execute(f"""
            CREATE SEQUENCE clashes;
            CREATE FUNCTION clash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF nextval('clashes') <= {times} THEN
                RAISE EXCEPTION 'undone' USING ERRCODE = '{code}'; END IF;
              RETURN NEW; END $$;
            CREATE TRIGGER clash BEFORE INSERT OR UPDATE ON {table}
            FOR EACH ROW EXECUTE FUNCTION clash()""")

    return clashing


async def _tries(tx: Transaction) -> int:
    return await tx.fetchval("SELECT last_value FROM clashes")


@pytest.mark.parametrize("code", ["40001", "40P01"])
async def test_a_change_that_was_undone_is_made_again(
    admin: AsyncClient, tx: Transaction, clash: Clash, code: str
) -> None:
    await clash(code, 2)

    answer = await admin.post("/admin/customer-groups", json={"name": "Regulars"})

    assert answer.status_code == 200, answer.text
    assert answer.json()["customer_group"]["name"] == "Regulars"
    assert await _tries(tx) == 3
    assert await tx.fetchval("SELECT count(*) FROM customer_group WHERE name = 'Regulars'") == 1


async def test_it_is_not_made_again_for_ever(
    admin: AsyncClient, tx: Transaction, clash: Clash
) -> None:
    await clash("40001", 1000)

    answer = await admin.post("/admin/customer-groups", json={"name": "Regulars"})

    assert answer.status_code == 409
    assert answer.json()["type"] == "conflict"
    assert await _tries(tx) == TRIES


async def test_the_key_of_a_change_that_is_made_again_is_taken_once(
    admin: AsyncClient, tx: Transaction, clash: Clash
) -> None:
    await clash("40P01", 1)
    keyed = {"idempotency-key": '"f8d1c2f0-regulars"'}

    first = await admin.post("/admin/customer-groups", json={"name": "A"}, headers=keyed)
    second = await admin.post("/admin/customer-groups", json={"name": "A"}, headers=keyed)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert await _tries(tx) == 2


async def test_a_body_that_nobody_keeps_is_not_sent_again(
    admin: AsyncClient, tx: Transaction, clash: Clash
) -> None:
    await clash("40001", 1)

    answer = await admin.post(
        "/admin/customer-groups",
        content=b'{"name": "Regulars"%s}' % (b" " * (1024 * 1024)),
        headers={"content-type": "application/json"},
    )

    assert answer.status_code == 409
    assert await _tries(tx) == 1
