"""Check a file against the shop, and write it: a part at a time, each in a transaction of its own.

What is checked is the writing itself, undone: so a check finds all that writing would. Only when
nothing is wrong with the whole file does writing begin.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence

import asyncpg

from merx.core.database import Database, Transaction
from merx.core.errors import Conflict, MerxError, TooSlow, Unavailable, Unexplained
from merx.workflows.imports.drafts import Fault, Faults, ProductDraft, ReadingOptions
from merx.workflows.imports.imports import Import, advance, end_import
from merx.workflows.imports.reading import Source
from merx.workflows.imports.writing import Faulty, faults_of, write_products

MOST_PRODUCTS = 200
MOST_VARIANTS = 1000

# The client's error for one of the database's, if it is a client's.
Explain = Callable[[asyncpg.PostgresError], MerxError | None]
# Told how many more products are done.
Progress = Callable[[int], None]
# What is wrong, by the place of the product; of nobody in particular at the place NOBODY.
Found = Mapping[int, Sequence[Fault]]
NOBODY = -1


class _Undo(Exception):
    """Ends a transaction that was only to see whether it would do."""


async def parts(
    source: Source, faults: Faults, *, after: int = 0
) -> AsyncIterator[list[ProductDraft]]:
    """The products behind the first `after`, so many as are written together."""
    drafts = source.staging.drafts(faults, after=after)
    while part := await asyncio.to_thread(_take, drafts):
        yield part


def _take(drafts: Iterator[ProductDraft]) -> list[ProductDraft]:
    part: list[ProductDraft] = []
    variants = 0
    while len(part) < MOST_PRODUCTS and variants < MOST_VARIANTS:
        draft = next(drafts, None)
        if draft is None:
            break
        part.append(draft)
        variants += len(draft.variants)
    return part


async def check_part(
    database: Database, drafts: Sequence[ProductDraft], options: ReadingOptions, explain: Explain
) -> list[Fault]:
    """What is wrong with the products, each by its line: those at fault are left out until the
    others would be written."""
    faults: list[Fault] = []
    left = list(drafts)
    while left:
        found = await try_part(database, left, options, explain)
        if not found:
            return faults
        if NOBODY in found and len(left) > 1:
            # Nobody is named: halve until it is one.
            middle = len(left) // 2
            for half in (left[:middle], left[middle:]):
                faults.extend(await check_part(database, half, options, explain))
            return faults
        faults.extend(fault for listed in found.values() for fault in listed)
        left = [
            draft for place, draft in enumerate(left) if place not in found and NOBODY not in found
        ]
    return faults


async def _nothing(_: Transaction) -> None:
    raise _Undo


async def try_part(
    database: Database,
    drafts: Sequence[ProductDraft],
    options: ReadingOptions,
    explain: Explain,
    finish: Callable[[Transaction], Awaitable[None]] = _nothing,
) -> Found:
    """Write products, then `finish` in the same transaction, which by default undoes it.

    Returns what is wrong by the place of the product; then nothing was written.
    """
    try:
        async with database.write() as tx:
            await write_products(tx, drafts, options)
            await finish(tx)
    except _Undo:
        return {}
    except Faulty as faulty:
        return dict(faulty.faults)
    except Unexplained as unexplained:
        async with database.read() as connection:
            error = await unexplained.explain(connection)
    except asyncpg.PostgresError as broken:
        explained = explain(broken)
        if explained is None:
            raise
        error = explained
    except MerxError as refused:
        error = refused
    else:
        return {}
    if isinstance(error, Conflict | Unavailable | TooSlow):
        # The file is not to blame: try again later.
        raise error
    return dict(faults_of(drafts, error)) or {NOBODY: [Fault(drafts[0].line, "", error.message)]}


async def check_source(
    database: Database, source: Source, explain: Explain, progress: Progress
) -> Faults:
    """What is wrong with the file in this shop."""
    faults = Faults()
    async for part in parts(source, Faults()):
        for fault in await check_part(database, part, source.options, explain):
            faults.add(fault)
        progress(len(part))
    return faults


async def write_source(
    database: Database, source: Source, asked: Import, explain: Explain, progress: Progress
) -> tuple[Faults, int]:
    """Write what is not written yet; what went wrong, and how many products are written in all.

    It ends at the first part that cannot be written: somebody has changed the shop since the file
    was checked. What is before it stays.
    """
    faults, done = Faults(), asked.done
    async for part in parts(source, Faults(), after=done):

        async def note(tx: Transaction, after: int = done, by: int = len(part)) -> None:
            await advance(tx, asked.id, after=after, by=by)

        found = await try_part(database, part, source.options, explain, note)
        for fault in (fault for listed in found.values() for fault in listed):
            faults.add(fault)
        if found:
            break
        done += len(part)
        progress(len(part))
    return faults, done


async def run_import(
    database: Database, source: Source, asked: Import, explain: Explain, progress: Progress
) -> Faults:
    """Check the file unless it is half written already, write it, and tell how that ended."""
    faults, done = source.faults, asked.done
    if not faults.count and not done:
        faults = await check_source(database, source, explain, lambda _: None)
    if not faults.count:
        faults, done = await write_source(database, source, asked, explain, progress)
    async with database.write() as tx:
        await end_import(tx, asked, faults, done)
    return faults
