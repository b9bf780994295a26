"""A door: who may call the routes of a router, said once.

From it follow the dependency that each route has, that the caller is known before a body is read,
and what OpenAPI says of credentials. A router without a door of its own has that of its area.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fastapi import Request

Credentials = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Door:
    """`let_in` raises for who may not call, and asks once a request; `credentials` are the schemes
    of OpenAPI, one of which is needed; `refusal` says when the answer is 401."""

    let_in: Callable[[Request], Awaitable[object]]
    credentials: tuple[Credentials, ...] = ()
    refusal: str = ""


async def _let_everybody_in(_: Request) -> None:
    pass


OPEN = Door(_let_everybody_in)


async def knock(request: Request) -> None:
    """Find out who calls, before the body: nobody makes a worker read megabytes unknown."""
    door: Door | None = request.scope.get("door")
    if door is not None:
        await door.let_in(request)
