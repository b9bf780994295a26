"""Validates a file against the shop and writes it, in parts with a transaction each.

Validation is the writing itself, rolled back, so it finds every error that writing would. Writing
starts only if the whole file is valid.
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

# The client's error for a database error, if it is the client's.
Explain = Callable[[asyncpg.PostgresError], MerxError | None]
# Called with the number of further products done.
Progress = Callable[[int], None]
# Errors by the index of the product; those of no particular product at NOBODY.
Found = Mapping[int, Sequence[Fault]]
NOBODY = -1


class _Undo(Exception):
    """Rolls back a transaction that was only a trial."""


async def parts(
    source: Source, faults: Faults, *, after: int = 0
) -> AsyncIterator[list[ProductDraft]]:
    """The products after the first `after`, in parts that are written together."""
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
    """The errors in the products, each by its line: invalid ones are left out until the others
    could be written.
    """
    faults: list[Fault] = []
    left = list(drafts)
    while left:
        found = await try_part(database, left, options, explain)
        if not found:
            return faults
        if NOBODY in found and len(left) > 1:
            # No product is named: halve the list until one is left.
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
    """Write products, then call `finish` in the same transaction, which by default rolls it back.

    Returns the errors by index of the product; if there are any, nothing was written.
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
        # Not the file's fault: try again later.
        raise error
    return dict(faults_of(drafts, error)) or {NOBODY: [Fault(drafts[0].line, "", error.message)]}


async def check_source(
    database: Database, source: Source, explain: Explain, progress: Progress
) -> Faults:
    """The errors of the file in this shop."""
    faults = Faults()
    async for part in parts(source, Faults()):
        for fault in await check_part(database, part, source.options, explain):
            faults.add(fault)
        progress(len(part))
    return faults


async def write_source(
    database: Database, source: Source, asked: Import, explain: Explain, progress: Progress
) -> tuple[Faults, int]:
    """Write what is not written yet; returns the errors, and the total number of written products.

    It stops at the first part that cannot be written because the shop has changed since the
    validation. Earlier parts stay.
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
    """Validate the file unless it is already partly written, write it, and report the result."""
    faults, done = source.faults, asked.done
    if not faults.count and not done:
        faults = await check_source(database, source, explain, lambda _: None)
    if not faults.count:
        faults, done = await write_source(database, source, asked, explain, progress)
    async with database.write() as tx:
        await end_import(tx, asked, faults, done)
    return faults
