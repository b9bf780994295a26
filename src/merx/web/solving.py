"""Calls a route with what it depends on, in an order found once, when the route is declared.

FastAPI walks the tree of dependencies for each request, which took longer than a small read. Nearly
all routes of Merx need only a part of what it supports: coroutines and function-scoped generators
that take the request and each other, texts of the path, one JSON body; and they return a Response.
FastAPI still declares these routes, describes them in OpenAPI and validates their bodies. A route
that needs more is handled by FastAPI itself.
"""

import inspect
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

from fastapi import HTTPException, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, _effective_route_context_var  # pyright: ignore[reportPrivateUsage]
from starlette.requests import ClientDisconnect

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
# The key of each argument among the values known for a request: results are kept by the function
# that returned them, path parameters by name, and these two.
_REQUEST, _BODY = object(), object()


class _Call(NamedTuple):
    """A function and the keys of its arguments; a context manager results in what it yields."""

    key: object
    function: Callable[..., Any]
    is_context: bool
    arguments: tuple[tuple[str, object], ...]


def handler_of(route: APIRoute) -> Handler | None:
    """A handler of the route, which does not check who calls; None if it needs more."""
    # Below a router that was included with dependencies, they are part of the route.
    included = _effective_route_context_var.get()
    dependant = route.dependant
    if included is not None and included.original_route is route:
        dependant = included.dependant
    calls = _ordered(dependant)
    returned = inspect.signature(route.endpoint).return_annotation
    is_plain = isinstance(returned, type) and issubclass(returned, Response)
    if calls is None or not is_plain or not inspect.iscoroutinefunction(route.endpoint):
        return None
    *before, endpoint = calls
    bodies = dependant.body_params

    async def handle(request: Request) -> Response:
        known: dict[object, Any] = {_REQUEST: request, **request.path_params}
        body = await _body(request) if bodies else None
        async with AsyncExitStack() as stack:
            for key, function, is_context, arguments in before:
                if key not in known:
                    called = function(**{name: known[place] for name, place in arguments})
                    known[key] = await (stack.enter_async_context(called) if is_context else called)
            if bodies:
                known[_BODY], errors = bodies[0].validate(body, loc=("body",))
                if errors:
                    raise RequestValidationError(errors, body=body)
            return await endpoint.function(
                **{name: known[place] for name, place in endpoint.arguments}
            )

    return handle


async def _body(request: Request) -> Any:
    """The parsed body; the bytes of one that is not JSON, which no model accepts."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        return await (request.json() if kind == "application/json" else request.body())
    except ClientDisconnect as error:
        raise HTTPException(400, "There was an error parsing the body") from error


def _ordered(dependant: Dependant) -> list[_Call] | None:
    """The calls, each after those it depends on; None if one of them is not simple."""
    found: list[_Call] = []
    for below in dependant.dependencies:
        calls = _ordered(below)
        if calls is None or below.body_params or not below.use_cache:
            return None
        found += calls
    arguments = _arguments(dependant)
    function = dependant.call
    if arguments is None or function is None:
        return None
    if inspect.isasyncgenfunction(function):
        if dependant.scope != "function":
            return None
        return [*found, _Call(function, asynccontextmanager(function), True, arguments)]
    if not inspect.iscoroutinefunction(function):
        return None
    return [*found, _Call(function, function, False, arguments)]


def _arguments(dependant: Dependant) -> tuple[tuple[str, object], ...] | None:
    """Each argument's name and place; None if one is of another kind."""
    others = (
        *(dependant.query_params or dependant.header_params or dependant.cookie_params),
        dependant.http_connection_param_name,
        dependant.websocket_param_name,
        dependant.background_tasks_param_name,
        dependant.response_param_name,
        dependant.security_scopes_param_name,
        dependant.own_oauth_scopes,
    )
    texts = {one.name: one.alias for one in dependant.path_params if _is_text(one.field_info)}
    if any(others) or len(texts) < len(dependant.path_params) or len(dependant.body_params) > 1:
        return None
    places: Mapping[str, object] = {
        **texts,
        **{one.name: one.call for one in dependant.dependencies if one.name is not None},
        **{one.name: _BODY for one in dependant.body_params},
    }
    named = ((dependant.request_param_name, _REQUEST),) if dependant.request_param_name else ()
    return (*places.items(), *named)


def _is_text(field: Any) -> bool:
    return field.annotation is str and not field.metadata
