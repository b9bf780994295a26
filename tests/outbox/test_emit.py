"""Events are rows of the transaction that changed something."""

import asyncio

import pytest

from merx.batch.inserts import Insert, insert_all
from merx.outbox import EventRow, emit, emit_all, event_rows
from merx.outbox.emit import IDS_PER_EVENT


async def _events(tx):
    return [tuple(row) for row in await tx.fetch("SELECT name, ids FROM event ORDER BY id")]


async def test_event_is_written_beside_the_change(tx):
    await emit(tx, "product.created", ["prod_1", "prod_2"])

    assert await _events(tx) == [("product.created", ["prod_1", "prod_2"])]


async def test_event_is_undone_with_its_transaction(tx):
    savepoint = tx.transaction()
    await savepoint.start()
    await emit(tx, "product.created", ["prod_1"])
    await savepoint.rollback()

    assert await _events(tx) == []


async def test_nothing_changed_is_no_event(tx):
    await emit(tx, "product.created", [])
    await emit_all(tx, {"product.created": [], "product.updated": []})

    assert await _events(tx) == []


async def test_several_names_are_one_statement(tx, statements):
    await emit_all(tx, {"product.created": ["prod_1"], "product-variant.created": ["variant_1"]})

    assert len(await statements()) == 1
    assert await _events(tx) == [
        ("product.created", ["prod_1"]),
        ("product-variant.created", ["variant_1"]),
    ]


async def test_ten_thousand_ids_are_one_statement(tx, statements):
    ids = [f"variant_{number}" for number in range(10_000)]

    await emit(tx, "product-variant.created", ids)

    assert len(await statements()) == 1
    events = await _events(tx)
    assert {len(part) for _, part in events} == {IDS_PER_EVENT}
    assert [each for _, part in events for each in part] == ids


async def test_events_are_written_in_one_statement_with_other_rows(tx):
    events = event_rows({"product.created": ["prod_1"], "product-variant.created": ["a", "b"]})

    await insert_all(tx, Insert(EventRow.__table__, events))

    assert await _events(tx) == [
        ("product.created", ["prod_1"]),
        ("product-variant.created", ["a", "b"]),
    ]


@pytest.mark.parametrize("odd", ["", "a,b", 'a"b', "{a}", "a\\b", "a\nb", "NULL", "ü\u200b😀"])
async def test_any_text_is_an_id(tx, odd):
    await emit(tx, "thing.created", ["first", odd])

    assert await _events(tx) == [("thing.created", ["first", odd])]


@pytest.fixture
def statements(tx):
    """The statements that `tx` has run."""
    found = []

    def note(record):
        found.append(record.query)

    async def noted():
        # The driver logs a statement in the next iteration of the event loop.
        await asyncio.sleep(0)
        return found

    tx.add_query_logger(note)
    yield noted
    tx.remove_query_logger(note)
