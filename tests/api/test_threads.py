"""No request takes a thread: what answers it, and what it depends on, runs on the event loop.

A plain function is handed to a pool of threads, which costs more than most of them do, and what it
keeps beside the request (`ContextVar`) is lost on the way back.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

# They answer with files, whose names are looked up on the disk.
FILES = {"/app", "/app/{path:path}", "/static/{key:path}"}


def routes(found: Sequence[Any]) -> Iterator[APIRoute]:
    """Those of the app and of the routers in it."""
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        inner = getattr(route, "original_router", None)
        yield from routes(inner.routes) if inner is not None else ()


def calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """What has to be called before the route is."""
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
