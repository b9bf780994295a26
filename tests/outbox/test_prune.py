"""Old events go when everyone has heard of them; the others stay."""

from datetime import UTC, datetime, timedelta

import pytest
from ulid import ULID

from merx.outbox.delivery import prune

OLD = datetime.now(UTC) - timedelta(days=8)
YOUNG = datetime.now(UTC) - timedelta(days=6)


@pytest.mark.parametrize(
    ("_case", "created", "relayed", "deliveries", "stays"),
    [
        ("done", OLD, True, ["done", "done"], False),
        ("without subscribers", OLD, True, [], False),
        ("young", YOUNG, True, ["done"], True),
        ("not handed out", OLD, False, [], True),
        ("pending for one", OLD, True, ["done", "pending"], True),
        ("failed for one", OLD, True, ["done", "failed"], True),
    ],
)
async def test_prune(tx, _case, created, relayed, deliveries, stays):
    event_id = f"evt_{ULID.from_datetime(created)}"
    await tx.execute(
        "INSERT INTO event (id, name, ids, relayed_at) VALUES ($1, 'thing.created', '[]', $2)",
        event_id,
        created if relayed else None,
    )
    for number, state in enumerate(deliveries):
        await tx.execute(
            "INSERT INTO event_delivery (event_id, subscriber, state) VALUES ($1, $2, $3)",
            event_id,
            str(number),
            state,
        )

    more = await prune(tx, days=7)

    assert not more
    assert await tx.fetchval("SELECT count(*) FROM event") == stays
    assert await tx.fetchval("SELECT count(*) FROM event_delivery") == len(deliveries) * stays
