"""The route that answered a request, as those who count and trace requests name it."""

from starlette.types import Scope


def route_template(scope: Scope) -> str:
    """`/admin/products/{id}`; the routes of an area know only their path below it."""
    path: str = getattr(scope.get("route"), "path", "none")
    area = "/" + scope["path"].split("/", 2)[1]
    return path if path == "none" or path.startswith(area) else area + path
