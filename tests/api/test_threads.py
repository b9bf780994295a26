"""No request uses a thread: routes and their dependencies run on the event loop.

FastAPI runs plain functions in a thread pool, which costs more than most of them do, and the values
of context variables (`ContextVar`) that they set are lost.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

# These serve files, and look their names up on disk.
FILES = {"/app", "/app/{path:path}", "/static/{key:path}"}


def routes(found: Sequence[Any]) -> Iterator[APIRoute]:
    """The routes of the app and of its routers."""
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        inner = getattr(route, "original_router", None)
        yield from routes(inner.routes) if inner is not None else ()


def calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """The dependencies that are called before the route."""
    for inner in dependant.dependencies:
        if inner.call is not None:
            yield inner.call
        yield from calls(inner)


def is_on_the_loop(call: Callable[..., Any]) -> bool:
    call = inspect.unwrap(call)
    return inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call)


def test_nothing_is_handed_to_a_thread(app: FastAPI) -> None:
    found = [route for route in routes(app.routes) if route.path not in FILES]

    in_threads = {
        f"{route.path}: {call.__qualname__}"
        for route in found
        for call in (route.endpoint, *calls(route.dependant))
        if not is_on_the_loop(call)
    }

    assert len(found) > 400
    assert in_threads == set()
