"""Finds the route of a request by its path.

The app has one router per resource. FastAPI would try each of them in turn, which took longer than
a small read; the method, two words of the path and the number of its words leave a few candidates.
A route that takes no more of FastAPI than `solving.py` knows is called at once; others are handed
to their router, which finds them again.
"""

from collections.abc import Collection, Iterator
from functools import cached_property
from re import Pattern
from typing import Any, NamedTuple

from fastapi import APIRouter, FastAPI, Request
from fastapi.params import Depends
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.convertors import Convertor
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from merx.web.bodies import JSONRoute
from merx.web.router import Router

# Two words of a path; None where a route accepts any.
_Words = tuple[str | None, str | None]


class _Entry(NamedTuple):
    """One path of a router: its position among all, its form, and what handles it."""

    place: int
    words: _Words
    # None if a parameter takes several words.
    length: int | None
    pattern: Pattern[str]
    convertors: dict[str, Convertor[Any]]
    route: APIRoute
    # None for a route of a router in it, which may add to what is done before the route.
    router: APIRouter | None
    handler: BaseRoute


class _Found(NamedTuple):
    """The entry of a request, and the parameters in its path."""

    entry: _Entry
    parameters: dict[str, Any]


class Directory:
    """Includes routers in the app, and finds the one for a request.

    Other requests go on to the app's own router. All routes are declared before the first request.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._included: list[tuple[str, APIRouter, BaseRoute]] = []
        self._sections: dict[tuple[str, _Words, int], list[_Entry]] = {}
        self._otherwise: ASGIApp = app.router.middleware_stack
        app.router.middleware_stack = self

    def include(self, router: APIRouter, prefix: str = "", *, asked: Depends | None = None) -> None:
        """Include a router in the app; `asked` is a dependency of all its routes."""
        self._app.include_router(router, prefix=prefix, dependencies=[asked] if asked else None)
        self._included.append((prefix, router, self._app.router.routes[-1]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._find(scope) if scope["type"] == "http" else None
        if found is None:
            await self._otherwise(scope, receive, send)
            return
        scope["router"] = self._app.router
        (_, _, _, _, _, route, router, handler), parameters = found
        direct = route.direct if isinstance(route, JSONRoute) else None
        if direct is None or not isinstance(router, Router):
            await handler.handle(scope, receive, send)
            return
        router.enter(scope)
        scope["route"], scope["endpoint"] = route, route.endpoint
        scope["path_params"] = parameters
        # Errors are answered by the app's middleware.
        response = await direct(Request(scope, receive, send))
        await response(scope, receive, send)

    def _find(self, scope: Scope) -> _Found | None:
        """The first route with the path and the method."""
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        for entry in self._section(scope["method"], path):
            match = entry.pattern.match(path)
            if match:
                given = match.groupdict()
                return _Found(entry, {n: entry.convertors[n].convert(given[n]) for n in given})
        return None

    def _section(self, method: str, path: str) -> list[_Entry]:
        """The routes that may have the path; listed when first needed."""
        entries = self._entries.get(method, {})
        words = _words(path)
        if words not in entries:
            words = (words[0], None)
        # Longer paths than any fixed one are all alike.
        length = min(path.count("/"), self._longest + 1)
        known = self._sections.get((method, words, length))
        if known is None and words in entries:
            fitting = [
                one
                for some in entries.values()
                for one in some
                if _fits(one.words, words) and one.length in (None, length)
            ]
            known = sorted(fitting, key=lambda one: one.place)
            self._sections[method, words, length] = known
        return known or []

    @cached_property
    def _entries(self) -> dict[str, dict[_Words, list[_Entry]]]:
        """The paths of all routers, and of routers in them, by method and words."""
        found: dict[str, dict[_Words, list[_Entry]]] = {}
        place = 0
        for prefix, router, handler in self._included:
            for path, methods, route in _paths(prefix, router, handler):
                pattern, _, convertors = compile_path(path)
                length = None if "path}" in path else path.count("/")
                own = router if any(route is one for one in router.routes) else None
                place += 1
                entry = _Entry(
                    place, _words(path), length, pattern, convertors, route, own, handler
                )
                for method in methods:
                    found.setdefault(method, {}).setdefault(_words(path), []).append(entry)
        return found

    @cached_property
    def _longest(self) -> int:
        """The words of the longest path without a parameter for several."""
        lengths = [
            entry.length or 0
            for of_words in self._entries.values()
            for some in of_words.values()
            for entry in some
        ]
        return max(lengths, default=0)


def _paths(
    prefix: str, router: APIRouter, handler: BaseRoute
) -> Iterator[tuple[str, Collection[str], APIRoute]]:
    """The paths of a router, their methods and their routes."""
    own = [route for route in router.routes if isinstance(route, APIRoute)]
    if len(own) == len(router.routes):
        yield from ((prefix + route.path, route.methods or (), route) for route in own)
        return
    # FastAPI prepares all routes to tell the paths of routers in it, which takes longer.
    for route in iter_route_contexts([handler]):
        if isinstance(route.original_route, APIRoute):
            yield route.path or "", route.methods or (), route.original_route


def _words(path: str) -> _Words:
    """The first two words of a path, or of the path of a route."""
    _, first, second, *_ = (*path.split("/", 3), "", "")
    return _literal(first), _literal(second)


def _literal(word: str) -> str | None:
    return None if word.startswith("{") else word


def _fits(own: _Words, words: _Words) -> bool:
    """Whether paths with the words may match a route with its own."""
    return all(one is None or one == word for one, word in zip(own, words, strict=True))
