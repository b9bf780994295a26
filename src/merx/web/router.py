"""Routers tell their routes who may call them; `directory.py` finds the route of a request."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from merx.core.hooks import in_force
from merx.web.bodies import JSONRoute
from merx.web.door import Door
from merx.web.idempotency import keeping_answer
from merx.web.policies import refuse_options


class Router(APIRouter):
    """Routes of one resource, included in the app below an area (`/admin`) or at its root.

    All routes are declared before the first request. A router without a door of its own gets its
    area's, and its routes take JSON unless it has another `route_class`. Routes that are
    `is_repeatable` may be run again if their answer was lost; those that are `is_shared` show the
    same to all shoppers, and may be slightly stale.
    """

    def __init__(
        self,
        *,
        door: Door | None = None,
        is_repeatable: bool = False,
        is_shared: bool = False,
        **options: Any,
    ) -> None:
        options.setdefault("route_class", JSONRoute)
        super().__init__(**options)
        self.door = door
        self._is_repeatable = is_repeatable
        self.is_shared = is_shared

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route; its answer to a request with an idempotency key is stored."""
        status = options.get("status_code") or 200
        changes = {*(options.get("methods") or ())} - {"GET", "HEAD"}
        kept = keeping_answer(endpoint, status) if changes else endpoint
        super().add_api_route(path, kept, **options)

    def enter(self, scope: Scope) -> None:
        """Pass on who may call the routes, whether they may be repeated, and which hooks run."""
        in_force.set(scope["app"].state.hooks)
        scope["door"] = self.door or scope.get("door")
        scope["is_repeatable"] = self._is_repeatable
        scope["is_shared"] = self.is_shared

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request that FastAPI found to be of this router."""
        self.enter(scope)
        if self.route_class is APIRoute:
            refuse_options(scope)
        await super().handle(scope, receive, send)
