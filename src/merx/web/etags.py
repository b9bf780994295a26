"""ETags: an answer that the client already has is not sent again.

The tag is a digest of the answer. It therefore needs no column and no statement, and stays correct
whatever the answer depends on: rows, prices that start today, translations.
"""

import re
from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TAG = re.compile(r'(?P<weak>W/)?(?P<tag>"[^"]*")')
# Headers that a 304 keeps.
_OF_BODY = ("content-length", "content-type")


def etag_of(body: bytes) -> str:
    """The strong ETag of an answer, in quotes."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether If-None-Match names the tag. Weak tags count, since a read changes nothing."""
    return if_none_match.strip() == "*" or etag in (
        found["tag"] for found in _TAG.finditer(if_none_match)
    )


def is_matched(if_match: str, etag: str) -> bool:
    """Whether If-Match names the tag. Weak tags do not count: a change needs an exact match."""
    return if_match.strip() == "*" or etag in (
        found["tag"] for found in _TAG.finditer(if_match) if not found["weak"]
    )


class Tagged:
    """Adds an ETag to GET answers of some areas, and answers 304 to clients that have it."""

    def __init__(self, app: ASGIApp, *, areas: tuple[str, ...]) -> None:
        self._app = app
        self._areas = areas

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = scope["type"] == "http" and scope["method"] == "GET"
        if not read or not scope["path"].startswith(self._areas):
            await self._app(scope, receive, send)
            return
        known = ",".join(Headers(scope=scope).getlist("if-none-match"))
        await self._app(scope, receive, _Tagger(known, send).send)


class _Tagger:
    """Holds back the start of an answer until its body is there, if that comes in one piece."""

    def __init__(self, known: str, send: Send) -> None:
        self._known = known
        self._send = send
        self._start: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            whole = message["type"] == "http.response.body" and not message.get("more_body")
            if whole and "etag" not in (headers := MutableHeaders(raw=start["headers"])):
                message = self._tag(start, headers, message)
            await self._send(start)
        await self._send(message)

    def _tag(self, start: Message, headers: MutableHeaders, message: Message) -> Message:
        etag = etag_of(message.get("body", b""))
        headers["etag"] = etag
        if not is_known(self._known, etag):
            return message
        start["status"] = 304
        for name in _OF_BODY:
            del headers[name]
        return {**message, "body": b""}
