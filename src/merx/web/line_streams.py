"""A body of lines that is handed on as it comes: unpacked, counted, and refused in time.

Nothing of it is kept in memory but the piece that was received last.
"""

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from fastapi import Request

from merx.core.errors import InvalidData, TooLarge, UnsupportedMediaType

_KINDS = (
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/octet-stream",
    "text/plain",
    "",
)
_PACKED = ("gzip", "x-gzip", "deflate")
_PIECE_BYTES = 256 * 1024


class LineStream:
    """The body of a request, as bytes; `size` and `lines` count what has come, unpacked."""

    def __init__(self, request: Request, *, most_bytes: int, longest_line: int) -> None:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _KINDS:
            raise UnsupportedMediaType(f"Send lines of JSON as {_KINDS[0]}, not as {kind}")
        encoding = request.headers.get("content-encoding", "identity").lower()
        if encoding not in ("", "identity", *_PACKED):
            raise UnsupportedMediaType(f'unsupported content encoding "{encoding}"')
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and (len(declared) > 18 or int(declared) > most_bytes):
            raise _too_large(most_bytes)
        self.size = self.lines = 0
        self._request = request
        self._is_packed = encoding in _PACKED
        self._most_bytes = most_bytes
        self._longest = longest_line
        self._open = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes as they come. Raises what is wrong with them as soon as it is known."""
        unpacked = _Unpacked() if self._is_packed else None
        async for chunk in self._request.stream():
            for piece in unpacked.pieces(chunk) if unpacked else _pieces(chunk):
                self._count(piece)
                yield piece
        if unpacked:
            unpacked.end()
        if self._open:
            self.lines += 1
        if not self.size:
            raise InvalidData("The body is empty: send a line of JSON for each row")

    def _count(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > self._most_bytes:
            raise _too_large(self._most_bytes)
        ended = piece.count(b"\n")
        first = self._open + (piece.find(b"\n") if ended else len(piece))
        if first > self._longest:
            words = f"Line {self.lines + 1} is longer than the limit of {self._longest} bytes"
            raise TooLarge(words)
        self.lines += ended
        self._open = len(piece) - piece.rfind(b"\n") - 1 if ended else first


def _pieces(chunk: bytes) -> Iterator[bytes]:
    for start in range(0, len(chunk), _PIECE_BYTES):
        yield chunk[start : start + _PIECE_BYTES]


class _Unpacked:
    """What comes packed by gzip or deflate; little that is packed can become very much."""

    def __init__(self) -> None:
        self._stream: Any = _new_stream()
        self._is_within = False

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """The next bytes, a piece at a time."""
        rest = chunk
        while rest:
            if self._stream.eof:
                # Files that were packed one by one and put together.
                self._stream = _new_stream()
            try:
                piece: bytes = self._stream.decompress(rest, _PIECE_BYTES)
            except zlib.error as error:
                words = "The request body is not packed as its content-encoding says"
                raise InvalidData(words) from error
            self._is_within = not self._stream.eof
            rest = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            if piece:
                yield piece

    def end(self) -> None:
        """Refuse a body that ends in the middle."""
        if self._is_within:
            raise InvalidData("The packed request body ends in the middle")


def _new_stream() -> Any:
    # 32 more than the largest window: the packing tells by its head which of the two it is.
    return zlib.decompressobj(zlib.MAX_WBITS + 32)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The rows are larger than the limit of {limit} bytes")
