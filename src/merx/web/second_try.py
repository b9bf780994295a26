"""Retries a request that failed for no fault of its own.

When PostgreSQL restarts, existing connections break and new ones work, so a read is retried. A
change that lost a deadlock or could not be serialised was rolled back, and may succeed now: it is
retried if it was everything the request did. In both cases no answer was sent yet, and no external
service was called.
"""

from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from merx.core.database import before_next_try

_AREAS = ("/admin/", "/store/")
TRIES = 4
# Longer bodies are not kept for a retry: they are answered with 409.
_MOST_KEPT_BYTES = 1024 * 1024


class SecondTry:
    """Retries a GET on another connection if the database was away, and a change if its transaction
    was rolled back in favour of another.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_AREAS):
            await self._app(scope, receive, send)
            return
        is_read = scope["method"] == "GET"
        tries = 2 if is_read else TRIES
        body = _Body(receive)
        known, known_state = {**scope}, {**scope.get("state", {})}
        for number in range(1, tries + 1):
            # Each try starts with a fresh scope, so that the caller, for instance, is determined
            # again; what the last try leaves there is copied back, for the metrics' route and the
            # use of the key.
            scope.clear()
            scope.update(known)
            state: dict[str, object] = {**known_state, "try_number": number}
            scope["state"] = state
            once = _Once(send, state, body, may_fail=number < tries, is_read=is_read)
            await self._app(scope, body.again(), once.send)
            if not once.is_held_back:
                return
            if not is_read:
                await before_next_try(number)


class _Once:
    """The answer of one try, held back if another try may do better."""

    def __init__(
        self,
        send: Send,
        state: dict[str, object],
        body: "_Body",
        *,
        may_fail: bool,
        is_read: bool,
    ) -> None:
        self._send, self._state, self._body = send, state, body
        self._may_fail, self._is_read = may_fail, is_read
        self.is_held_back = False

    async def send(self, message: Message) -> None:
        """Pass the answer on, unless it says that the try failed."""
        if message["type"] == "http.response.start" and self._may_fail:
            self.is_held_back = self._has_failed()
        if not self.is_held_back:
            await self._send(message)

    def _has_failed(self) -> bool:
        if self._is_read:
            return bool(self._state.get("is_database_away"))
        return bool(self._state.get("is_undone")) and self._body.is_kept


class _Body:
    """The parts of a body, kept for the next try."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept = list[Message]()
        self._size = 0
        self.is_kept = True

    def again(self) -> Receive:
        """Receive the body from its first part on."""
        waiting = deque(self._kept)

        async def receive() -> Message:
            return waiting.popleft() if waiting else self._noted(await self._receive())

        return receive

    def _noted(self, message: Message) -> Message:
        self._size += len(message.get("body", b""))
        self.is_kept = self.is_kept and self._size <= _MOST_KEPT_BYTES
        if self.is_kept:
            self._kept.append(message)
        else:
            self._kept.clear()
        return message
