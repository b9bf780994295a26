"""`Idempotency-Key`: a change that is sent twice is made once, with the same answer both times.

As in the IETF draft. The key is written in the transaction of the request's first change; if that
is its only transaction, so is the answer, and a crash leaves both or neither. Of two concurrent
requests, the second waits for the first. A refused request changes nothing, so it leaves no key and
may be sent again.
"""

import hashlib
import re
from collections import deque
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merx.core.acting import acting
from merx.core.beside import beside
from merx.core.database import Database, Transaction
from merx.core.errors import InvalidData
from merx.modules.idempotency.keys import Answered, Key, answer_key, take_key
from merx.web.attempts import attempts, finished
from merx.web.error_answers import render

HEADER = "idempotency-key"
REPLAYED = "idempotent-replayed"
_READS = ("GET", "HEAD", "OPTIONS")
# The draft's quoted string, or the same without quotes.
_KEY = re.compile(r'"(?P<quoted>[\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|(?P<bare>[!#-~]{1,255})')
# Guests cannot be told apart, so a guest's key must be one that no other guest would choose.
_LEAST_OF_GUESTS = 16
# A body that the route has not read when it starts to write, such as a file.
_MOST_UNREAD = 1024 * 1024


class _Done(Exception):
    """The request was already done."""

    def __init__(self, answered: Answered) -> None:
        super().__init__("The request was done before")
        self.answered = answered


class Idempotency:
    """Accepts idempotency keys for requests below the areas that change something."""

    def __init__(self, app: ASGIApp, *, areas: tuple[str, ...]) -> None:
        self._app = app
        self._areas = areas

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = None
        if scope["type"] == "http" and scope["method"] not in _READS:
            given = Headers(scope=scope).get(HEADER)
        if given is None or not scope["path"].startswith(self._areas):
            await self._app(scope, receive, send)
            return
        found = _KEY.fullmatch(given.strip())
        if found is None:
            words = "The header Idempotency-Key must hold 1 to 255 characters, best a UUID"
            await render(InvalidData(words))(scope, receive, send)
            return
        keyed = _Keyed(found["quoted"] or found["bare"], scope, receive)
        token = beside.set(keyed)
        try:
            await self._app(scope, keyed.receive, send)
        finally:
            beside.reset(token)


class _Keyed:
    """A request with a key; it joins the request's transactions until one of them has stored the
    key.
    """

    def __init__(self, key: str, scope: Scope, receive: Receive) -> None:
        self._given = key
        self._scope = scope
        self._receive = receive
        self._digest = hashlib.sha256(_target(scope))
        self._is_read = False
        self._waiting = deque[Message]()
        self._key: Key | None = None
        self._tx: Transaction | None = None
        self._is_held = False

    async def receive(self) -> Message:
        """The next part of the body, which goes into the digest stored with the key."""
        return self._waiting.popleft() if self._waiting else self._noted(await self._receive())

    async def join(self, tx: Transaction) -> None:
        """Store the key in the transaction; _Done if the request was already done."""
        attempt = attempts.get()
        if self._is_held or (attempt is not None and attempt.is_undone):
            return
        await self._read_all()
        self._key = Key(
            _actor(self._given),
            self._given,
            self._digest.digest(),
            bool(self._scope.get("is_repeatable")),
        )
        answered = await take_key(tx, self._key)
        if answered is not None:
            raise _Done(answered)
        self._tx = tx

    def leave(self, *, committed: bool) -> None:
        """Record whether a transaction that stored the key was committed."""
        self._is_held = self._is_held or (committed and self._tx is not None)
        self._tx = None

    async def keep(self, response: Response) -> None:
        """Store the answer: in the transaction that is still open, or else in one of its own."""
        body = getattr(response, "body", None)
        if self._key is None or body is None:
            return
        if "no-store" in response.headers.get("cache-control", ""):
            # Nothing is committed yet: such answers come from a single transaction.
            raise InvalidData("The answer is secret, so Idempotency-Key is not supported here")
        kept = Answered(response.status_code, response.media_type or "", bytes(body))
        if self._tx is not None:
            await answer_key(self._tx, self._key, kept)
        elif self._is_held:
            database: Database = self._scope["app"].state.database
            async with database.write() as tx:
                await answer_key(tx, self._key, kept)

    async def _read_all(self) -> None:
        size = 0
        while not self._is_read:
            message = self._noted(await self._receive())
            self._waiting.append(message)
            size += len(message.get("body", b""))
            if size > _MOST_UNREAD:
                raise InvalidData(f"With an Idempotency-Key, {_MOST_UNREAD} bytes can be sent here")

    def _noted(self, message: Message) -> Message:
        self._digest.update(message.get("body", b""))
        self._is_read = self._is_read or not message.get("more_body", False)
        return message


def _target(scope: Scope) -> bytes:
    path = scope.get("raw_path") or scope["path"].encode()
    return b"%s %s?%s\n" % (scope["method"].encode(), path, scope["query_string"])


def _actor(key: str) -> str:
    actor_id = acting.get()
    if actor_id is None and len(key) < _LEAST_OF_GUESTS:
        words = f"The Idempotency-Key of a guest must hold {_LEAST_OF_GUESTS} characters or more"
        raise InvalidData(f"{words}, best a UUID")
    return actor_id or "guest"


def keeping_answer(
    endpoint: Callable[..., Awaitable[Any]], status: int
) -> Callable[..., Awaitable[Any]]:
    """Wraps a route's endpoint so that its answer is stored if the request has a key."""

    @wraps(endpoint)
    async def answer(**given: Any) -> Any:
        result = await finished(await endpoint(**given), status)
        keyed = beside.get()
        if keyed is None:
            return result
        if not isinstance(result, Response):
            result = JSONResponse(jsonable_encoder(result), status)
        await cast(_Keyed, keyed).keep(result)
        return result

    return answer


def add_replays(app: FastAPI) -> None:
    """Answer a request that was already done as it was answered then."""
    app.add_exception_handler(_Done, _replay)


async def _replay(_: Request, error: Exception) -> Response:
    assert isinstance(error, _Done)
    done = error.answered
    headers = {REPLAYED: "true", "access-control-expose-headers": REPLAYED}
    return Response(done.body, done.status, headers, done.content_type)
