"""A session and the end of its identity, at the same time."""

import asyncio
from datetime import timedelta

import pytest

from merx.core.database import Database, Transaction
from merx.modules.auth.actors import take_actors_away
from merx.modules.auth.sessions import find_session, new_session_token, open_session
from merx.modules.auth.tokens import Claims
from tests.factories.people import Person, make_person

HOUR = timedelta(hours=1)


def claims_of(person: Person) -> Claims:
    return {
        "actor_id": person.user_id,
        "actor_type": "user",
        "auth_identity_id": person.identity.id,
        "auth_provider": "emailpass",
    }


@pytest.mark.commits
async def test_a_session_waits_for_a_deletion_and_is_refused(
    database: Database, tx: Transaction
) -> None:
    ada = await make_person(tx)
    token = new_session_token()

    async def open_one() -> bool:
        async with database.write() as other:
            return await open_session(other, token, claims_of(ada), lifetime=HOUR)

    async with database.write() as deleting:
        await take_actors_away(deleting, "user", [ada.user_id])
        opening = asyncio.ensure_future(open_one())
        done, _ = await asyncio.wait([opening], timeout=0.2)
        assert not done

    assert await opening is False
    assert await find_session(tx, token) is None


@pytest.mark.commits
async def test_a_deletion_waits_for_a_session_and_ends_it(
    database: Database, tx: Transaction
) -> None:
    ada = await make_person(tx)
    token = new_session_token()

    async def take_away() -> None:
        async with database.write() as other:
            await take_actors_away(other, "user", [ada.user_id])

    async with database.write() as opening:
        assert await open_session(opening, token, claims_of(ada), lifetime=HOUR)
        deleting = asyncio.ensure_future(take_away())
        done, _ = await asyncio.wait([deleting], timeout=0.2)
        assert not done

    await deleting
    assert await find_session(tx, token) is None


async def test_an_identity_with_another_actor_loses_only_the_user(tx: Transaction) -> None:
    ada = await make_person(tx, metadata={"customer_id": "cus_1"})
    as_user, as_customer = new_session_token(), new_session_token()
    customer = {**claims_of(ada), "actor_id": "cus_1", "actor_type": "customer"}
    await open_session(tx, as_user, claims_of(ada), lifetime=HOUR)
    await open_session(tx, as_customer, customer, lifetime=HOUR)

    await take_actors_away(tx, "user", [ada.user_id])

    assert await find_session(tx, as_user) is None
    assert await find_session(tx, as_customer) is not None
    left = await tx.fetchval("SELECT app_metadata FROM auth_identity WHERE deleted_at IS NULL")
    assert left == {"customer_id": "cus_1"}
