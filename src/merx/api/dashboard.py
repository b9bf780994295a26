"""`/app`: the dashboard, when `merx dashboard install` has built one into the data folder."""

from pathlib import Path

from fastapi import Response
from fastapi.responses import FileResponse

from merx.core.errors import NotFound
from merx.operations.dashboard.installed import PAGE
from merx.web.router import Router

_SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "same-origin"}
# Other sites can neither frame the dashboard nor receive its forms.
_PAGE_HEADERS = {
    **_SAFE,
    "cache-control": "no-cache",
    "content-security-policy": "frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
}
# The name of every other file changes with its content.
_FILE_HEADERS = {**_SAFE, "cache-control": "public, max-age=31536000, immutable"}


def dashboard_router(folder: Path) -> Router:
    """Serves the files of a folder; every other path below `/app` is a page of the dashboard."""
    router = Router(prefix="/app", include_in_schema=False)
    # Only files present at start-up are served: no request path reaches the disk.
    files = {path.name: path for path in folder.glob("*") if path.is_file()}

    def answer(name: str) -> Response:
        if name in files and name != PAGE:
            return FileResponse(files[name], headers=_FILE_HEADERS)
        # A file of a replaced dashboard is not a page.
        if PAGE not in files or name.endswith((".js", ".css", ".ttf")):
            raise NotFound(f"There is no /app/{name}" if name else "There is no /app")
        return FileResponse(files[PAGE], headers=_PAGE_HEADERS)

    @router.get("")
    def open_dashboard() -> Response:  # pyright: ignore[reportUnusedFunction] - a route
        return answer("")

    @router.get("/{path:path}")
    def open_page(path: str) -> Response:  # pyright: ignore[reportUnusedFunction] - a route
        return answer(path)

    return router
