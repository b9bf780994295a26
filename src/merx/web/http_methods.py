"""HEAD and OPTIONS, which HTTP promises for every path without a route for each."""

from collections.abc import Iterable

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Answers HEAD like GET, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, send_without_body)


def tell_methods(request: Request, path: str, routers: Iterable[APIRouter]) -> Response | None:
    """The answer to OPTIONS: the allowed methods of a path; None if no router has it."""
    scope = {**request.scope, "path": f"/{path}", "root_path": ""}
    routes = [route for router in routers for route in router.routes]
    found = [
        method
        for route in routes
        if isinstance(route, APIRoute) and route.matches(scope)[0] is not Match.NONE
        for method in sorted(route.methods or ())
    ]
    if not found:
        return None
    text = ",".join(dict.fromkeys(found)).replace("GET", "GET,HEAD")
    return Response(text, headers={"allow": text}, media_type="text/plain")
