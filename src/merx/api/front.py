"""`/`: a start page for browsers; other clients get the reference's 404."""

from html import escape

from fastapi import Request, Response

from merx import __version__
from merx.core.errors import NotFound
from merx.operations.dashboard.installed import is_installed
from merx.web.router import Router

router = Router(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Merx</title>
<style>
  body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 36rem;
    margin: 4rem auto; padding: 0 1rem }}
</style>
<h1>Merx {version}</h1>
<p>A shop that speaks the Medusa v2 HTTP API.</p>
<ul>
{places}
</ul>
</html>
"""


@router.get("/")
async def tell_places(request: Request) -> Response:
    """The start page."""
    if "text/html" not in request.headers.get("accept", ""):
        raise NotFound("There is no /")
    places = "\n".join(
        f'<li><a href="{escape(path)}">{escape(path)}</a> {escape(words)}'
        for path, words in _places(request)
    )
    headers = {
        "vary": "accept",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    page = _PAGE.format(version=escape(__version__), places=places)
    return Response(page, headers=headers, media_type="text/html")


def _places(request: Request) -> list[tuple[str, str]]:
    is_there = is_installed(request.app.state.settings.dashboard)
    dashboard = ("/app", "the dashboard")
    return [
        *([dashboard] if is_there else []),
        ("/docs", "every operation of the API, with a form to try it"),
        ("/openapi.json", "the same for programs"),
        ("/health", "the process lives"),
        ("/ready", "the database answers too"),
    ]
