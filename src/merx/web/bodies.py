"""Request bodies: read within a limit, parsed strictly, empty ones as `{}`.

An unusable body counts as missing, and the reason is kept in the request's state until the models
are checked: missing credentials are reported first.
"""

import codecs
import json
import math
import zlib
from functools import cached_property
from typing import Any, ClassVar

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from merx.core.errors import InvalidData, MerxError, TooLarge, UnsupportedMediaType
from merx.core.shapes import is_dict, is_list
from merx.web.door import knock
from merx.web.policies import Options, refuse_condition, run, take_options
from merx.web.solving import Handler, handler_of
from merx.web.transactions import can_be_undone
from merx.web.validation import LARGE_BYTES, check_shape, validated

_USUAL = Options()
_READS = ("GET", "HEAD", "OPTIONS")
_PACKED = ("gzip", "deflate")
_HEARD_OUT_BYTES = 64 * 1024 * 1024


class _JSONRequest(Request):
    """A request whose body is JSON or empty; a large body arrives already as the route's model."""

    _excess = False
    model: type[BaseModel] | None = None
    _rows: Any = None
    _error_of_body: MerxError | None = None

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            self._body = await self._read() or b"{}"
        return self._body

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = self.state.parsed_body = self._parsed(await self.body())
        return self._json

    async def rows(self) -> Any:
        """The parsed body, of any shape; None if it cannot be read."""
        raw = await self.body()
        self._error_of_body = self.state.body_error
        try:
            self._rows = parse_json(raw)
        except InvalidData:
            self._rows = None
        return self._rows

    async def refuse_broken(self) -> None:
        """Raise for a body that cannot be read, where none is needed."""
        await self.json()
        if self.state.body_error:
            raise self.state.body_error

    def with_body(self, body: Any) -> "_JSONRequest":
        """The same request with other rows."""
        other = _JSONRequest(self.scope, self.receive)
        other.model, other._excess = self.model, self._excess
        other._body = self._body if body is self._rows else orjson.dumps(body)
        self.state.body_error = self._error_of_body
        return other

    def _parsed(self, raw: bytes) -> Any:
        try:
            if self.state.body_error:
                raise self.state.body_error
            if self._excess:
                raise TooLarge(f"Request body is larger than the limit of {self._limit} bytes")
            if self.model is None or len(raw) < LARGE_BYTES:
                return parse_body(raw)
            return validated(self.model, parse_json(raw), raw)
        except MerxError as error:
            self.state.body_error = error
            return None

    @property
    def _limit(self) -> int:
        return int(min(self.app.state.settings.max_body_bytes, self.state.most_bytes))

    async def _read(self) -> bytes:
        """The body; for one beyond the limit, only the fact that it is too large."""
        declared, limit = self.headers.get("content-length", ""), self._limit
        self._excess = declared.isdigit() and int(declared) > limit
        packed = self.headers.get("content-encoding", "").lower() in _PACKED
        unpacker = _Unpacker() if packed else None
        chunks: list[bytes] = []
        size = received = 0
        async for chunk in self.stream():
            part = unpacker.unpack(chunk, limit - size + 1) if unpacker else chunk
            size += len(part)
            received += len(chunk)
            self._excess = self._excess or size > limit
            if self._excess or self.state.body_ignored:
                chunks.clear()
            else:
                chunks.append(part)
            # A client that is still sending reads the answer only when it has finished; one that
            # never finishes is cut off.
            if received > limit + _HEARD_OUT_BYTES:
                break
        if unpacker and not self._excess:
            self.state.body_error = self.state.body_error or unpacker.error
        return b"".join(chunks)


class _Unpacker:
    """Decompresses a gzip or deflate body piece by piece."""

    def __init__(self) -> None:
        # Adding 32 to the largest window size makes zlib detect the format from the header.
        self._stream = zlib.decompressobj(zlib.MAX_WBITS + 32)
        self._broken = False
        self._begun = False

    @property
    def error(self) -> InvalidData | None:
        """The error if the body is incomplete or invalid once all of it has been received."""
        if self._broken:
            return InvalidData("The request body does not match its content-encoding")
        if self._begun and not self._stream.eof:
            return InvalidData("unexpected end of file")
        return None

    def unpack(self, chunk: bytes, most: int) -> bytes:
        """The next bytes, at most `most`: a small compressed body can expand enormously."""
        if self._broken or most <= 0:
            return b""
        self._begun = self._begun or bool(chunk)
        try:
            return self._stream.decompress(chunk, most)
        except zlib.error:
            self._broken = True
            return b""


class JSONRoute(APIRoute):
    """A route that parses its body as the reference does."""

    # Smaller where the route is open to everybody.
    most_bytes: ClassVar[float] = math.inf

    @cached_property
    def direct(self) -> Handler | None:
        """The handler of the route, if it needs nothing that FastAPI puts into the scope."""
        return None if handler_of(self) is None else self.get_route_handler()

    def get_route_handler(self) -> Handler:
        handle = handler_of(self) or super().get_route_handler()
        wanted: Any = self.body_field.field_info.annotation if self.body_field else None
        # Only models are read with an eye on large bodies.
        model = wanted if isinstance(wanted, type) and issubclass(wanted, BaseModel) else None

        tries = can_be_undone(one.call for one in self.dependant.dependencies)
        parts = tries and self.path.endswith("/batch")

        async def read_and_handle(request: Request) -> Response:
            await knock(request)
            options = _USUAL
            if request.scope["method"] not in _READS:
                options = take_options(request, tries=tries, parts=parts)
                if not tries:
                    refuse_condition(request.scope)
            request.state.most_bytes = self.most_bytes
            if request.scope["path"].startswith("/store/"):
                chosen = request.app.state.settings.max_store_body_bytes
                request.state.most_bytes = min(self.most_bytes, chosen)
            read = _JSONRequest(_take_as_json(request).scope, request.receive)
            read.model = model
            if options.are_usual:
                if wanted is None and request.scope["method"] not in _READS:
                    await read.refuse_broken()
                return await handle(read)
            return await run(handle, read.with_body, await read.rows(), options)

        return read_and_handle


def takes_condition(route: APIRoute) -> bool:
    """Whether the route's change is one transaction, so that it supports dry runs and If-Match."""
    return isinstance(route, JSONRoute) and can_be_undone(
        one.call for one in route.dependant.dependencies
    )


def _take_as_json(request: Request) -> Request:
    """Let FastAPI parse the body as JSON.

    As on the reference, a missing body or one of another content type counts as `{}`; only text is
    refused.
    """
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if kind not in ("application/json", "text/plain"):
        request.scope["headers"] = [
            *(pair for pair in request.scope["headers"] if pair[0] != b"content-type"),
            (b"content-type", b"application/json"),
        ]
    request.state.body_ignored = kind not in ("application/json", "text/plain", "")
    request.state.body_error = None
    encoding = request.headers.get("content-encoding", "identity").lower()
    if kind == "application/json" and encoding not in ("", "identity", *_PACKED):
        request.state.body_error = UnsupportedMediaType(
            f'unsupported content encoding "{encoding}"'
        )
    charset = parameters.partition("charset=")[2].strip(' "').lower()
    if kind == "application/json" and charset not in ("", "utf-8", "utf8"):
        request.state.body_error = UnsupportedMediaType(f'unsupported charset "{charset.upper()}"')
    return request


def parse_body(raw: bytes) -> Any:
    """The JSON object or list of a body; InvalidData if it is neither, or of a refused shape."""
    value = parse_json(raw)
    check_shape(value, raw)
    return value


def parse_json(raw: bytes) -> Any:
    """The JSON object or list of a body, of any shape."""
    if not raw.strip():
        raise InvalidData("Unexpected end of JSON input")
    try:
        value = orjson.loads(raw.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        if not error.doc:
            raise InvalidData("The request body is not UTF-8") from error
        if "infinity" in error.msg:
            return _parse_beyond(raw)
        if error.pos >= len(error.doc.rstrip()):
            raise InvalidData("Unexpected end of JSON input") from error
        raise InvalidData(f"{error.msg.capitalize()} in JSON at position {error.pos}") from error
    if not (is_dict(value) or is_list(value)):
        raise InvalidData("The request body is not a JSON object")
    return value


def _parse_beyond(raw: bytes) -> Any:
    """Parse a body with a number beyond 64 bits; the field that receives it refuses it."""
    try:
        value = json.loads(raw, parse_constant=_refuse_constant)
        orjson.dumps(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidData("The request body is not valid JSON") from error
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def check_lists(request: Request, *models: BaseModel) -> None:
    """Refuse a list in one of the models that is longer than a batch may be."""
    for model in models:
        for name in type(model).model_fields:
            value = getattr(model, name)
            if is_list(value):
                check_rows(request, len(value))


def check_rows(request: Request, *counts: int) -> None:
    """Refuse a batch with more rows than the setting allows."""
    limit: int = request.app.state.settings.max_batch_rows
    if sum(counts) > limit:
        raise TooLarge(f"A batch can have at most {limit} rows, this one has {sum(counts)}")
