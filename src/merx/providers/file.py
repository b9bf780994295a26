"""Where files are kept: a folder, or the object store of a cloud. Whoever has a key may read."""

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

# One part of an upload at a time, so that a file of any size takes as much memory.
_PART_BYTES = 5 * 1024 * 1024
_READ_BYTES = 256 * 1024

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file being read: how many bytes it has, its tag, and its bytes as they come."""

    size: int
    chunks: AsyncIterator[bytes] = field(repr=False)
    tag: str = ""
    # The first byte that comes, and the one behind the last: all of them unless asked otherwise.
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a file, as the header `Range` names them: from `first` to `last`, or to the end;
    or the `suffix` last ones."""

    first: int = 0
    last: int | None = None
    suffix: int | None = None

    def of(self, size: int) -> tuple[int, int]:
        """The first byte, and the one behind the last; OutOfRange if there is none."""
        if self.suffix is not None:
            start, end = max(0, size - self.suffix), size
        else:
            start, end = self.first, size if self.last is None else min(self.last + 1, size)
        if start >= end:
            raise OutOfRange(size)
        return start, end


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file that is kept: how many bytes it has, and when it was written."""

    key: str
    size: int
    changed_at: datetime


class OutOfRange(Exception):
    """The file has not the bytes that are asked for; `size` is how many it has."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class FileProvider(Protocol):
    """Keeps files by key: letters, digits, dots, dashes and underscores."""

    async def write(self, key: str, chunks: AsyncIterable[bytes]) -> None:
        """Keep what the chunks hold, all of it or nothing, in place of what had the key."""
        ...

    async def read(self, key: str, piece: Piece | None = None) -> KeptFile | None:
        """The file of the key, or a piece of it; None if nothing has the key.

        OutOfRange if the file has no such piece.
        """
        ...

    async def has(self, key: str) -> bool:
        """Whether a file has the key."""
        ...

    async def delete(self, key: str) -> None:
        """Forget the file; a key that nothing has counts as forgotten."""
        ...

    def listed(self) -> "AsyncIterator[ListedFile]":
        """All files, in no promised order."""
        ...


@dataclass(frozen=True)
class StoredFiles:
    """Files at a place: a folder, or `s3://bucket/path` (`gs://`, `az://`) with the credentials
    that the environment has for it (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, …)."""

    place: str

    @cached_property
    def _store(self) -> ObjectStore:
        if "://" in self.place:
            return from_url(self.place)
        return LocalStore(Path(self.place), mkdir=True)

    async def write(self, key: str, chunks: AsyncIterable[bytes]) -> None:
        """Keep the file: a folder gets it under its name when it is complete."""
        await obstore.put_async(
            self._store,
            _checked(key),
            chunks,
            use_multipart=True,
            chunk_size=_PART_BYTES,
            max_concurrency=1,
        )

    async def read(self, key: str, piece: Piece | None = None) -> KeptFile | None:
        """The file of the key, or None; also for what is no key."""
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
        """Whether a file has the key; what is no key has none."""
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
        """All files, in no promised order; what has no key of ours is passed over."""
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
