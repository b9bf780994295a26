"""Search providers: they find products by a customer's words, in PostgreSQL or an external engine.

A provider returns a condition on rows, never an answer: the list is read from the database, with
every restriction of what a storefront may see. A stale index can therefore miss products or rank
them badly, but never shows anything hidden, deleted or out of date.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Protocol, runtime_checkable

import structlog

# For this many seconds an unavailable engine is not asked again.
PAUSE_SECONDS = 5.0

log = structlog.get_logger()


class SearchUnavailable(Exception):
    """The engine does not answer, or refuses the request."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The words of a search: whether all must match, and whether typos are forgiven."""

    text: str
    every: bool = True
    typos: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """The matching products, as a condition.

    Predicates or fields of a product with their possible values, `every` one of them or any.
    `order` is the field with the best matches first, and `context` the values that fields read.
    """

    tests: tuple[tuple[str, list[str]], ...]
    order: str
    every: bool = True
    descending: bool = False
    context: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Document:
    """The searched texts of a product; `codes` are SKUs, barcodes and the like of its variants."""

    id: str
    title: str
    subtitle: str | None
    handle: str | None
    description: str | None
    codes: list[str]

    def as_dict(self) -> dict[str, object]:
        """The document as an engine takes it."""
        return asdict(self)


class SearchProvider(Protocol):
    """Finds products by words."""

    id: str

    def can(self, wanted: Wanted) -> bool:
        """Whether it supports such a search; otherwise it is not asked."""
        ...

    async def match(self, wanted: Wanted) -> Match:
        """The matching products; SearchUnavailable if it cannot say now."""
        ...


@runtime_checkable
class SearchEngine(SearchProvider, Protocol):
    """A provider with its own index, which the shop updates.

    Each call returns only when the engine is done; otherwise it raises SearchUnavailable, and the
    call is repeated. Calls must be idempotent.
    """

    async def write(self, documents: Sequence[Document]) -> None:
        """Add documents to the index, replacing those with the same ids."""
        ...

    async def remove(self, ids: Sequence[str]) -> None:
        """Remove documents from the index."""
        ...

    async def empty(self) -> None:
        """Empty the index."""
        ...

    async def count(self) -> int:
        """The number of documents in the index."""
        ...


class Searches:
    """The shop's search provider, with a fallback that always answers.

    While an engine is unavailable the fallback is used, and the engine is not asked for some
    seconds, so that not every search waits for it.
    """

    def __init__(self, first: SearchProvider, other: SearchProvider) -> None:
        self._first = first
        self._other = other
        self._resting_until = 0.0

    @property
    def engine(self) -> SearchEngine | None:
        """The engine, if there is one."""
        return self._first if isinstance(self._first, SearchEngine) else None

    async def match(self, wanted: Wanted) -> Match:
        """The matches of the provider, or of the fallback."""
        if time.monotonic() >= self._resting_until and self._first.can(wanted):
            try:
                return await self._first.match(wanted)
            except SearchUnavailable as error:
                self._resting_until = time.monotonic() + PAUSE_SECONDS
                log.warning("search_engine_away", engine=self._first.id, error=str(error))
        return await self._other.match(wanted)
