"""Writes rows in the order of their lines, those of one kind together.

Failed rows are left out and reported, and do not stop the others.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from merx.core.database import UNDONE, Transaction
from merx.core.errors import MerxError, TooSlow, Unavailable, Unexplained
from merx.workflows.bulk.levels import write_levels
from merx.workflows.bulk.links import write_links
from merx.workflows.bulk.prices import write_prices
from merx.workflows.bulk.products import write_products
from merx.workflows.bulk.rows import Row
from merx.workflows.bulk.step import Check, Done, Step
from merx.workflows.bulk.variants import write_variants

# This many attempts without the rows named by errors; then the rows are halved, so that errors that
# appear one at a time do not cost an attempt with all rows each.
_MOST_TRIES = 8

_WRITERS: Mapping[str, Callable[[Transaction, Step], Awaitable[None]]] = {
    "product": write_products,
    "variant": write_variants,
    "price": write_prices,
    "link": write_links,
    "level": write_levels,
}

# Not the rows' fault: the whole transaction is retried.
PASSING = (*UNDONE, asyncpg.LockNotAvailableError)


@dataclass(frozen=True, slots=True)
class Explaining:
    """How the web layer reports errors: an invalid body, and what the database refuses."""

    check: Check
    of_database: Callable[[asyncpg.PostgresError], MerxError | None]


async def write_rows(
    tx: Transaction, rows: Sequence[Row], explaining: Explaining
) -> list[Done | MerxError]:
    """Write the rows; returns the result of each. Raises errors that no row causes."""
    outcomes: list[Done | MerxError] = []
    for some in steps(rows):
        outcomes += await _write_step(tx, some, explaining)
    return outcomes


def steps(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows in steps of one kind; a row that is named twice starts the next step."""
    some: list[Row] = []
    known: set[bytes] = set()
    for row in rows:
        identity = row.identity
        if some and (row.kind != some[0].kind or identity in known):
            yield some
            some, known = [], set()
        some.append(row)
        if identity is not None:
            known.add(identity)
    if some:
        yield some


async def _write_step(
    tx: Transaction, rows: Sequence[Row], explaining: Explaining
) -> list[Done | MerxError]:
    outcomes: dict[int, Done | MerxError] = {}
    waiting = [list(range(len(rows)))]
    while waiting:
        places = waiting.pop()
        left, error = await _write_places(tx, rows, places, explaining, outcomes)
        if error is not None and len(left) == 1 == len(places):
            outcomes[left[0]] = error
        elif left:
            # The first half is written first.
            middle = len(left) // 2
            waiting += [some for some in (left[middle:], left[:middle]) if some]
    return [outcomes[place] for place in range(len(rows))]


async def _write_places(
    tx: Transaction,
    rows: Sequence[Row],
    places: list[int],
    explaining: Explaining,
    outcomes: dict[int, Done | MerxError],
) -> tuple[list[int], MerxError | None]:
    """Write the rows at the positions, without those that errors name.

    Returns the positions left when an error names none or too many attempts were made, and that
    error.
    """
    error = None
    for _ in range(_MOST_TRIES):
        step = Step(rows, places, explaining.check)
        error = await _try(tx, step, explaining) if places else None
        is_told = error is None or step.blame_by(error)
        outcomes |= step.failures
        if error is None:
            outcomes |= step.done
            return [], None
        if not is_told:
            break
        places = [place for place in places if place not in step.failures]
    return [place for place in places if place not in outcomes], error


async def _try(tx: Transaction, step: Step, explaining: Explaining) -> MerxError | None:
    """Write a step, or roll it back and return why."""
    try:
        async with tx.transaction():
            await _WRITERS[step.rows[0].type](tx, step)
    except Unexplained as unexplained:
        return await unexplained.explain(tx)
    except PASSING:
        raise
    except asyncpg.PostgresError as broken:
        known = explaining.of_database(broken)
        if known is None or isinstance(known, TooSlow):
            raise
        return known
    except MerxError as refused:
        if isinstance(refused, Unavailable | TooSlow):
            raise
        return refused
    return None
