"""An area of the URL space, `/admin` or `/store`: its routers, and the answer when no route
matches.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute

from merx.core.errors import NotFound
from merx.web.answers import Answer
from merx.web.directory import Directory
from merx.web.door import Door
from merx.web.http_methods import tell_methods
from merx.web.router import Router

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def add_area(directory: Directory, area: str, door: Door, routers: Sequence[Router]) -> None:
    """Routers below `/<area>`, each behind its own door or that of the area, and what no route of
    them answers."""
    rest = Router(door=door, include_in_schema=False)
    rest.add_api_route("/{path:path}", _otherwise(area, routers), methods=_METHODS)
    # One level of routers: nested ones are matched again at each level.
    for router in (*routers, rest):
        router.door = router.door or door
        directory.include(router, f"/{area}", asked=Depends(router.door.let_in))


@dataclass(frozen=True, slots=True)
class Operation:
    """A route as the API document shows it: its area, who may call it, what it answers."""

    area: str
    route: APIRoute
    door: Door | None

    @property
    def answer(self) -> Answer | None:
        """The answer the route declares."""
        return getattr(self.route.openapi_extra, "answer", None)


def operations_of(
    area: str, routers: Sequence[APIRouter], door: Door | None = None
) -> dict[tuple[str, str], Operation]:
    """The operations of an area, or of the root, by method and path."""
    below = f"/{area}" if area else ""
    return {
        (method.lower(), below + route.path): Operation(
            area or route.path.split("/")[1], route, getattr(router, "door", None) or door
        )
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def _otherwise(
    area: str, routers: Sequence[APIRouter]
) -> Callable[[str, Request], Awaitable[Response]]:
    """The fallback route: the allowed methods of a path, or 404. It is behind the area's door."""

    async def answer(path: str, request: Request) -> Response:
        told = tell_methods(request, path, routers) if request.method == "OPTIONS" else None
        if told is None:
            raise NotFound(f"There is no /{area}/{path}")
        return told

    return answer
