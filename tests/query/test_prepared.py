"""What stays prepared on a connection is bounded, whatever `fields` clients think of."""

import itertools

import httpx
import pytest

from merx.core.database import Database
from merx.query import run
from merx.query.prepared import LONG, Prepared

HELD = "SELECT coalesce(sum(length(statement)), 0) FROM pg_prepared_statements"


def test_short_statements_are_kept() -> None:
    prepared = Prepared(most=0)

    assert prepared.keeps("x" * LONG)
    assert not prepared.keeps("x" * (LONG + 1))


def test_long_statements_are_kept_as_far_as_they_fit() -> None:
    prepared = Prepared(most=3 * LONG)
    first, second = "a" * (2 * LONG), "b" * (2 * LONG)

    assert [prepared.keeps(text) for text in (first, second, first)] == [True, False, True]


def test_what_is_not_asked_for_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("merx.query.prepared.time.monotonic", lambda: now)
    prepared = Prepared(most=3 * LONG)
    first, second = "a" * (2 * LONG), "b" * (2 * LONG)
    prepared.keeps(first)

    now += 599
    assert not prepared.keeps(second)
    now += 2
    assert prepared.keeps(second)
    assert not prepared.keeps(first)


def test_what_is_forgotten_counts_anew() -> None:
    prepared = Prepared(most=3 * LONG)
    first, second = "a" * (2 * LONG), "b" * (2 * LONG)

    prepared.keeps(first)
    prepared.forget_all()

    assert [prepared.keeps(text) for text in (second, first)] == [True, False]


@pytest.mark.commits
async def test_many_different_selections_leave_little_prepared(
    admin: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PREPARED", Prepared(most=40_000))
    relations = ["variants", "options", "images", "tags", "categories", "sales_channels"]
    wanted = [",".join(f"*{name}" for name in some) for some in itertools.permutations(relations)]

    for fields in wanted[:40]:
        answer = await admin.get("/admin/products", params={"fields": f"{fields},variants.prices"})
        assert answer.status_code == 200, answer.text

    async with database.read() as connection:
        assert await connection.fetchval(HELD) < 40_000 + 60 * LONG
