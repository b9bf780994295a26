"""The routers of the app by the first words of their paths.

The app has one router for each resource. FastAPI asks each of them in turn, which took longer than
a small read; the method and two words of the path leave one or two to ask.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from fastapi import APIRouter, FastAPI
from fastapi.params import Depends
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

_GROUP_NAME = re.compile(r"\?P<[^>]*>")
# Two words of a path; None where a route takes any.
_Words = tuple[str | None, str | None]


class _Entry(NamedTuple):
    """One path of a router: which it is, and what handles it."""

    method: str
    words: _Words
    shape: str
    handler: BaseRoute


_Section = list[tuple[re.Pattern[str], BaseRoute]]


class Directory:
    """Includes routers in the app, and finds the one of a request. What it does not find goes on
    to the app's own router. All routes are declared before the first request."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._included: list[tuple[str, APIRouter, BaseRoute]] = []
        self._otherwise: ASGIApp = app.router.middleware_stack
        app.router.middleware_stack = self

    def include(self, router: APIRouter, prefix: str = "", *, asked: Depends | None = None) -> None:
        """Include a router in the app; `asked` is a dependency of all its routes."""
        self._app.include_router(router, prefix=prefix, dependencies=[asked] if asked else None)
        self._included.append((prefix, router, self._app.router.routes[-1]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self._find(scope) if scope["type"] == "http" else None
        if handler is None:
            await self._otherwise(scope, receive, send)
            return
        scope["router"] = self._app.router
        await handler.handle(scope, receive, send)

    def _find(self, scope: Scope) -> BaseRoute | None:
        """The first router that has the path and the method."""
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        method, (first, second) = scope["method"], _words(path)
        sections = self._sections
        section = sections.get((method, (first, second))) or sections.get((method, (first, None)))
        for shape, handler in section or ():
            if shape.match(path):
                return handler
        return None

    @cached_property
    def _sections(self) -> dict[tuple[str, _Words], _Section]:
        entries = list(self._entries())
        return {
            (method, words): _joined(entry for entry in entries if _may_be(entry, method, words))
            for method, words in {(entry.method, entry.words) for entry in entries}
        }

    def _entries(self) -> Iterator[_Entry]:
        for prefix, router, handler in self._included:
            for route in router.routes:
                if isinstance(route, APIRoute):
                    path = prefix + route.path
                    shape = _GROUP_NAME.sub("?:", compile_path(path)[0].pattern)
                    for method in route.methods or ():
                        yield _Entry(method, _words(path), shape, handler)


def _words(path: str) -> _Words:
    """The first two words of a path, or of the path of a route."""
    _, first, second, *_ = (*path.split("/", 3), "", "")
    return _literal(first), _literal(second)


def _literal(word: str) -> str | None:
    return None if word.startswith("{") else word


def _may_be(entry: _Entry, method: str, words: _Words) -> bool:
    """Whether paths with these words may be those of the entry."""
    fits = (own is None or own == word for own, word in zip(entry.words, words, strict=True))
    return entry.method == method and all(fits)


def _joined(entries: Iterator[_Entry]) -> _Section:
    """The entries in their order, those of one router as one pattern."""
    shapes: dict[int, tuple[BaseRoute, list[str]]] = {}
    for entry in entries:
        shapes.setdefault(id(entry.handler), (entry.handler, []))[1].append(entry.shape)
    return [(re.compile("|".join(some)), handler) for handler, some in shapes.values()]
