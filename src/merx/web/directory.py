"""Finds the router of a request by the first words of its path.

The app has one router per resource. FastAPI would try each of them in turn, which took longer than
a small read; the method and two words of the path leave one or two candidates.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from fastapi import APIRouter, FastAPI
from fastapi.params import Depends
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

_GROUP_NAME = re.compile(r"\?P<[^>]*>")
# Two words of a path; None where a route accepts any.
_Words = tuple[str | None, str | None]


class _Entry(NamedTuple):
    """One path of a router: its position among the routers, and its handler."""

    place: int
    words: _Words
    shape: str
    handler: BaseRoute


_Section = list[tuple[re.Pattern[str], BaseRoute]]


class Directory:
    """Includes routers in the app, and finds the one for a request.

    Other requests go on to the app's own router. All routes are declared before the first request.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._included: list[tuple[str, APIRouter, BaseRoute]] = []
        self._sections: dict[tuple[str, _Words], _Section] = {}
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
        """The first router with the path and the method."""
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        for shape, handler in self._section(scope["method"], _words(path)):
            if shape.match(path):
                return handler
        return None

    def _section(self, method: str, words: _Words) -> _Section:
        """The routers that may have a path with these words; built when first needed."""
        entries = self._entries.get(method, {})
        if words not in entries:
            words = (words[0], None)
        known = self._sections.get((method, words))
        if known is None and words in entries:
            fitting = (one for some in entries.values() for one in some if _fits(one.words, words))
            known = self._sections[method, words] = _joined(
                sorted(fitting, key=lambda one: one.place)
            )
        return known or []

    @cached_property
    def _entries(self) -> dict[str, dict[_Words, list[_Entry]]]:
        """The paths of all routers, and of routers in them, by method and words."""
        found: dict[str, dict[_Words, list[_Entry]]] = {}
        for place, (prefix, router, handler) in enumerate(self._included):
            for path, methods in _paths(prefix, router, handler):
                shape = _GROUP_NAME.sub("?:", compile_path(path)[0].pattern)
                for method in methods:
                    of_words = found.setdefault(method, {}).setdefault(_words(path), [])
                    of_words.append(_Entry(place, _words(path), shape, handler))
        return found


def _paths(
    prefix: str, router: APIRouter, handler: BaseRoute
) -> Iterator[tuple[str, Collection[str]]]:
    """The paths of a router and their methods."""
    own = [route for route in router.routes if isinstance(route, APIRoute)]
    if len(own) == len(router.routes):
        yield from ((prefix + route.path, route.methods or ()) for route in own)
        return
    # FastAPI prepares all routes to tell the paths of routers in it, which takes longer.
    for route in iter_route_contexts([handler]):
        if isinstance(route.original_route, APIRoute):
            yield route.path or "", route.methods or ()


def _words(path: str) -> _Words:
    """The first two words of a path, or of the path of a route."""
    _, first, second, *_ = (*path.split("/", 3), "", "")
    return _literal(first), _literal(second)


def _literal(word: str) -> str | None:
    return None if word.startswith("{") else word


def _fits(own: _Words, words: _Words) -> bool:
    """Whether paths with the words may match a route with its own."""
    return all(one is None or one == word for one, word in zip(own, words, strict=True))


def _joined(entries: Iterable[_Entry]) -> _Section:
    """The entries in order, those of one router joined to one pattern."""
    shapes: dict[int, tuple[BaseRoute, list[str]]] = {}
    for entry in entries:
        shapes.setdefault(id(entry.handler), (entry.handler, []))[1].append(entry.shape)
    return [(re.compile("|".join(some)), handler) for handler, some in shapes.values()]
