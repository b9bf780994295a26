"""Meilisearch, with its official library: imported when MERX_MEILISEARCH_URL is set.

The library blocks, so calls run in threads; and its client is mutable, so each call has its own,
which is cheap.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import meilisearch
import orjson
from meilisearch.errors import MeilisearchApiError, MeilisearchError
from meilisearch.index import Index
from requests import RequestException

from merx.core.shapes import Json
from merx.providers.search import Document, Match, SearchUnavailable, Wanted

# How long a customer waits for an answer, and the relay for a task.
ANSWER_SECONDS = 2
TASK_SECONDS = 50
# Meilisearch's own default limit.
MOST_FOUND = 1000
_SETTINGS = {
    "searchableAttributes": ["title", "codes", "subtitle", "handle", "description"],
    "displayedAttributes": ["id"],
    "filterableAttributes": ["id"],
    "sortableAttributes": [],
    # No typos in SKUs.
    "typoTolerance": {"disableOnAttributes": ["codes"]},
}

_T = TypeVar("_T")


class MeilisearchEngine:
    """An index of products."""

    id = "meilisearch"

    def __init__(self, url: str, api_key: str, index: str) -> None:
        self._url = url.rstrip("/")
        self._api_key = api_key or None
        self._name = index
        self._is_set_up = False

    def can(self, wanted: Wanted) -> bool:
        """It always forgives typos, and cannot match any of the words."""
        return wanted.every and wanted.typos

    async def match(self, wanted: Wanted) -> Match:
        """The best thousand, in the engine's order."""

        def search(index: Index) -> Json:
            asked = {"limit": MOST_FOUND, "matchingStrategy": "all", "attributesToRetrieve": ["id"]}
            return index.search(wanted.text, asked)

        found = await self._ask(search, ANSWER_SECONDS)
        ids = [str(hit["id"]) for hit in found["hits"]]
        return Match((("id", ids),), "search_place", context={"found": ",".join(ids)})

    async def write(self, documents: Sequence[Document]) -> None:
        """One task of the engine."""
        await self._set_up()
        if documents:
            rows = [document.as_dict() for document in documents]
            await self._do(lambda index: index.add_documents(rows, primary_key="id"))

    async def remove(self, ids: Sequence[str]) -> None:
        """One task of the engine."""
        await self._set_up()
        if ids:
            named = ", ".join(orjson.dumps(each).decode() for each in ids)
            await self._do(lambda index: index.delete_documents(filter=f"id IN [{named}]"))

    async def empty(self) -> None:
        """One task of the engine."""
        await self._set_up()
        await self._do(lambda index: index.delete_all_documents())

    async def count(self) -> int:
        """From its statistics; 0 if there is no index yet."""
        try:
            stats = await self._ask(lambda index: index.get_stats(), ANSWER_SECONDS)
        except _Refused as error:
            if error.code == "index_not_found":
                return 0
            raise
        return int(stats.number_of_documents)

    async def _set_up(self) -> None:
        """Configure the searched fields, once per process; the engine creates a missing index."""
        if not self._is_set_up:
            await self._do(lambda index: index.update_settings(dict(_SETTINGS)))
            self._is_set_up = True

    async def _do(self, change: Callable[[Index], Any]) -> None:
        """A change is a task that the engine completes later."""

        def run(index: Index) -> Any:
            asked = change(index)
            return index.wait_for_task(asked.task_uid, timeout_in_ms=TASK_SECONDS * 1000)

        task = await self._ask(run, TASK_SECONDS)
        if task.status != "succeeded":
            raise SearchUnavailable(f"Meilisearch could not do a task: {task.error}")

    async def _ask(self, question: Callable[[Index], _T], seconds: int) -> _T:
        client = meilisearch.Client(self._url, self._api_key, timeout=seconds)
        try:
            return await asyncio.to_thread(question, client.index(self._name))
        except MeilisearchApiError as error:
            code: str | None = getattr(error, "code", None)
            raise _Refused(str(error), code) from error
        except (MeilisearchError, RequestException, ValueError) as error:
            raise SearchUnavailable(f"Meilisearch does not answer: {error}") from error


class _Refused(SearchUnavailable):
    """The engine answered with an error."""

    def __init__(self, message: str, code: str | None) -> None:
        super().__init__(message)
        self.code = code
