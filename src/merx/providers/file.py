"""Stored files.

In a folder or a cloud's object store. Anybody who knows a file's key may read it.
"""

import re
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

if TYPE_CHECKING:
    from obstore import GetResult, ObjectMeta

# The size of an upload's chunks: memory does not depend on the size of the file.
_PART_BYTES = 5 * 1024 * 1024
_READ_BYTES = 256 * 1024

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file being read: its size, its ETag, and its bytes as a stream."""

    size: int
    chunks: AsyncIterator[bytes] = field(repr=False)
    tag: str = ""
    # The first byte sent, and the one after the last; the whole file unless a range was asked for.
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A byte range of a file, as in the header `Range`: from `first` to `last`, or to the end; or
    the last `suffix` bytes.
    """

    first: int = 0
    last: int | None = None
    suffix: int | None = None

    def of(self, size: int) -> tuple[int, int]:
        """The first byte, and the one after the last; OutOfRange if the range is empty."""
        if self.suffix is not None:
            start, end = max(0, size - self.suffix), size
        else:
            start, end = self.first, size if self.last is None else min(self.last + 1, size)
        if start >= end:
            raise OutOfRange(size)
        return start, end


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A stored file: its size, and when it was written."""

    key: str
    size: int
    changed_at: datetime


class OutOfRange(Exception):
    """The file does not have the requested bytes; `size` is its size."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class FileProvider(Protocol):
    """Stores files by key: letters, digits, dots, dashes and underscores."""

    async def write(self, key: str, chunks: AsyncIterable[bytes]) -> None:
        """Store the chunks as a file, completely or not at all, replacing any file with the key."""
        ...

    async def read(self, key: str, piece: Piece | None = None) -> KeptFile | None:
        """The file with the key, or a range of it; None if there is none.

        OutOfRange if the file does not have the range.
        """
        ...

    async def has(self, key: str) -> bool:
        """Whether a file has the key."""
        ...

    async def delete(self, key: str) -> None:
        """Delete the file; deleting a key that does not exist succeeds."""
        ...

    def listed(self) -> "AsyncIterator[ListedFile]":
        """All files, in any order."""
        ...


@dataclass(frozen=True)
class StoredFiles:
    """Files in a folder, or in `s3://bucket/path` (`gs://`, `az://`) with the credentials in the
    environment (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, …).
    """

    place: str

    @cached_property
    def _store(self) -> ObjectStore:
        if "://" in self.place:
            return from_url(self.place)
        return LocalStore(Path(self.place), mkdir=True)

    async def write(self, key: str, chunks: AsyncIterable[bytes]) -> None:
        """Store the file; in a folder it gets its name only when it is complete."""
        await obstore.put_async(
            self._store,
            _checked(key),
            chunks,
            use_multipart=True,
            chunk_size=_PART_BYTES,
            max_concurrency=1,
        )

    async def read(self, key: str, piece: Piece | None = None) -> KeptFile | None:
        """The file with the key; None if there is none or the key is invalid."""
        if not _KEY.fullmatch(key):
            return None
        try:
            if piece is None:
                return _whole(await obstore.get_async(self._store, key))
            meta = await obstore.head_async(self._store, key)
            start, end = piece.of(meta["size"])
            found = await obstore.get_async(self._store, key, options={"range": (start, end)})
        except FileNotFoundError:
            return None
        return KeptFile(meta["size"], _chunks(found), _tag(meta), start, end)

    async def has(self, key: str) -> bool:
        """Whether a file has the key; False for an invalid key."""
        if not _KEY.fullmatch(key):
            return False
        try:
            await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return False
        return True

    async def delete(self, key: str) -> None:
        """Forget the file, if there is one."""
        if not _KEY.fullmatch(key):
            return
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def listed(self) -> AsyncIterator[ListedFile]:
        """All files, in any order; names that are not valid keys are skipped."""
        async for batch in obstore.list(self._store):  # pyright: ignore[reportUnknownMemberType]
            for meta in batch:
                if _KEY.fullmatch(meta["path"]):
                    yield ListedFile(meta["path"], meta["size"], meta["last_modified"])


def _whole(found: "GetResult") -> KeptFile:
    size = found.meta["size"]
    return KeptFile(size, _chunks(found), _tag(found.meta), 0, size)


def _tag(meta: "ObjectMeta") -> str:
    return (meta["e_tag"] or f"{meta['last_modified'].timestamp()}-{meta['size']}").strip('"')


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"not the key of a file: {key!r}")
    return key


async def _chunks(found: "GetResult") -> AsyncIterator[bytes]:
    async for chunk in found.stream(min_chunk_size=_READ_BYTES):
        yield bytes(chunk)
