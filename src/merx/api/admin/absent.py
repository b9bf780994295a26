"""Routes that the reference has behind flags that are off by default, and Merx lacks: the same 404.

`/admin/feature-flags` says so too, so the dashboard does not ask for them.
"""

from merx.core.errors import NotFound
from merx.web.router import Router

_METHODS = ["GET", "POST", "DELETE"]

router = Router(include_in_schema=False)


async def _refuse(path: str = "") -> None:
    raise NotFound("Route not found")


for _path in (
    "/views/{path:path}",
    "/property-labels",
    "/property-labels/{path:path}",
    "/users/{id}/roles",
    "/users/{id}/roles/{path:path}",
):
    router.add_api_route(_path, _refuse, methods=_METHODS)
