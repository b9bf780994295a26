"""A router that tells its routes who may call them; `directory.py` finds the one of a request."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from merx.core.hooks import in_force
from merx.web.door import Door
from merx.web.idempotency import keeping_answer
from merx.web.policies import refuse_options


class Router(APIRouter):
    """Routes of one resource, included in the app below an area (`/admin`) or at its root.

    All of them are declared before the first request. A router without a door of its own gets that
    of the area in which it stands. Routes that are `is_repeatable` may be run again when
    their answer was lost; what `is_shared` is read by all shoppers alike, and may be a moment old.
    """

    def __init__(
        self,
        *,
        door: Door | None = None,
        is_repeatable: bool = False,
        is_shared: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.door = door
        self._is_repeatable = is_repeatable
        self.is_shared = is_shared

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route; what it answers to a request with an idempotency key is kept."""
        status = options.get("status_code") or 200
        changes = {*(options.get("methods") or ())} - {"GET", "HEAD"}
        kept = keeping_answer(endpoint, status) if changes else endpoint
        super().add_api_route(path, kept, **options)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the routes know who may call them, what repeating them does, and which hooks run."""
        in_force.set(scope["app"].state.hooks)
        scope["door"] = self.door
        scope["is_repeatable"] = self._is_repeatable
        scope["is_shared"] = self.is_shared
        if self.route_class is APIRoute:
            refuse_options(scope)
        await super().handle(scope, receive, send)
