"""`If-Match`: a change is made only if the thing is still as the caller read it.

The tag is that of GET at the same path with the same query, so it covers everything that answer
shows and needs no version column. It is compared inside the transaction of the change; conditional
changes of one path are serialised.
"""

from typing import Any

from fastapi import FastAPI, Request
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Message, Scope

from merx.core.database import Transaction
from merx.core.errors import PreconditionFailed
from merx.links import GRAPH
from merx.web.answers import Answer
from merx.web.etags import etag_of, is_matched
from merx.web.reading import reading_in
from merx.web.resource import Resource

_TURN = "SELECT pg_advisory_xact_lock(hashtextextended($1, 7261953))"
# What routing and FastAPI leave in the scope of the changing request.
_OF_ROUTE = ("route", "endpoint", "path_params", "fastapi_inner_astack", "fastapi_function_astack")
_NOT_OF_READS = (b"if-match", b"if-none-match", b"content-type", b"content-length")


async def check_match(request: Request, tx: Transaction) -> None:
    """Raise PreconditionFailed, with the current tag, unless If-Match names it."""
    wanted = ",".join(request.headers.getlist("if-match"))
    if not wanted:
        return
    await tx.execute(_TURN, request.scope["path"])
    scope = _reading(request.scope)
    _check(wanted, await _body_now(request, scope, tx))
    # Changes without a condition take no turn. So the thing is held, which they change or hold
    # themselves, and looked at once more: nothing can come between the look and the change.
    if await _hold(tx, scope):
        _check(wanted, await _body_now(request, _reading(request.scope), tx))


def _check(wanted: str, body: bytes | None) -> None:
    if body is None:
        raise PreconditionFailed("There is nothing here that If-Match could refer to")
    etag = etag_of(body)
    if not is_matched(wanted, etag):
        raise PreconditionFailed("It has changed since it was read with this tag", etag=etag)


async def _hold(tx: Transaction, scope: Scope) -> bool:
    """Lock the row that the path names, of the kind that GET answered there; False if it is none
    that can be locked."""
    described: Any = getattr(scope.get("route"), "openapi_extra", None)
    answer: Answer | None = getattr(described, "answer", None)
    parts = answer.parts.values() if answer else ()
    entities = [GRAPH[part.entity] for part in parts if isinstance(part, Resource)]
    ids = list(scope.get("path_params", {}).values())
    held = False
    for entity in entities:
        found = await tx.fetch(
            f"SELECT 1 FROM {entity.table} WHERE {entity.key} = ANY($1::text[])"
            f" ORDER BY {entity.key} FOR NO KEY UPDATE",
            ids,
        )
        held = held or bool(found)
    return held


async def _body_now(request: Request, scope: Scope, tx: Transaction) -> bytes | None:
    """What GET answers at the path inside the transaction; None if that is an error."""
    answered = _Answered()
    token = reading_in.set(tx)
    try:
        await _answering(request.app)(scope, _no_body, answered.send)
    finally:
        reading_in.reset(token)
    return bytes(answered.body) if answered.status == 200 else None


def _answering(app: FastAPI) -> ASGIApp:
    """The routes of the app, which answer the errors that it can answer."""
    answers = {kind: one for kind, one in app.exception_handlers.items() if kind is not Exception}
    return ExceptionMiddleware(app.router, handlers=answers)


def _reading(scope: Scope) -> Scope:
    headers = [pair for pair in scope["headers"] if pair[0] not in _NOT_OF_READS]
    kept: dict[str, Any] = {name: scope[name] for name in scope if name not in _OF_ROUTE}
    return {**kept, "method": "GET", "headers": headers, "state": {**scope["state"]}}


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


class _Answered:
    """Collects an answer instead of sending it."""

    def __init__(self) -> None:
        self.status = 500
        self.body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
