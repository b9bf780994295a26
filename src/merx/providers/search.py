"""Who finds products by a customer's words: PostgreSQL, or an engine beside it.

What a provider finds is a condition on rows, never an answer: the list that is shown is read from
the database, with all that binds what a storefront may see. So an index that is behind can find
too little or rank badly, but shows nothing that is hidden, deleted or out of date.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Protocol, runtime_checkable

import structlog

# So many seconds an engine that was away is not asked again.
PAUSE_SECONDS = 5.0

log = structlog.get_logger()


class SearchUnavailable(Exception):
    """The engine does not answer, or refuses what it is asked."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The words of a search: whether each of them must be found, and whether typos are forgiven."""

    text: str
    every: bool = True
    typos: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """The products that fit: predicates or fields of a product with the values that each may have,
    `every` one of them or any. `order` is the field by which the best come first, and `context`
    what fields read."""

    tests: tuple[tuple[str, list[str]], ...]
    order: str
    every: bool = True
    descending: bool = False
    context: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Document:
    """What is looked for in a product; `codes` are SKUs, barcodes and the like of its variants."""

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
        """Whether it can search like that; it is asked only then."""
        ...

    async def match(self, wanted: Wanted) -> Match:
        """The products that fit; SearchUnavailable when that cannot be said now."""
        ...


@runtime_checkable
class SearchEngine(SearchProvider, Protocol):
    """A provider with an index of its own, which the shop writes.

    Each call returns when the engine has done it and not before; SearchUnavailable otherwise, and
    then the call is repeated. Writing what is there already, or removing what is not, is no error.
    """

    async def write(self, documents: Sequence[Document]) -> None:
        """Put documents into the index, in place of those with the same ids."""
        ...

    async def remove(self, ids: Sequence[str]) -> None:
        """Take documents out of the index."""
        ...

    async def empty(self) -> None:
        """Take everything out of the index."""
        ...

    async def count(self) -> int:
        """How many documents are in the index."""
        ...


class Searches:
    """The provider of the shop, with one that always answers behind it.

    While an engine is away the shop goes on selling: the other one is asked, and the engine left
    alone for some seconds, so that not each search waits for it.
    """

    def __init__(self, first: SearchProvider, other: SearchProvider) -> None:
        self._first = first
        self._other = other
        self._resting_until = 0.0

    @property
    def engine(self) -> SearchEngine | None:
        """The engine, where there is one."""
        return self._first if isinstance(self._first, SearchEngine) else None

    async def match(self, wanted: Wanted) -> Match:
        """What the provider finds, or the other one in its place."""
        if time.monotonic() >= self._resting_until and self._first.can(wanted):
            try:
                return await self._first.match(wanted)
            except SearchUnavailable as error:
                self._resting_until = time.monotonic() + PAUSE_SECONDS
                log.warning("search_engine_away", engine=self._first.id, error=str(error))
        return await self._other.match(wanted)
