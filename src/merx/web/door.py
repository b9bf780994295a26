"""A door: who may call the routes of a router, declared once.

It determines the dependency of each route, that the caller is authenticated before a body is read,
and the credentials in OpenAPI. A router without a door of its own gets its area's.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fastapi import Request

Credentials = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Door:
    """Who may call.

    `let_in` raises for callers that may not, and is evaluated once per request. `credentials` are
    the OpenAPI security schemes, one of which is needed; `refusal` says when the answer is 401.
    """

    let_in: Callable[[Request], Awaitable[object]]
    credentials: tuple[Credentials, ...] = ()
    refusal: str = ""


async def _let_everybody_in(_: Request) -> None:
    pass


OPEN = Door(_let_everybody_in)


async def knock(request: Request) -> None:
    """Authenticate the caller before reading the body, so anonymous callers cannot make a worker
    read megabytes.
    """
    door: Door | None = request.scope.get("door")
    if door is not None:
        await door.let_in(request)
