"""/openapi.json, and /docs: the API to read and try, served from local files, so it works without
the internet."""

import asyncio
from importlib.resources import files

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

_FILES = "/docs-assets"
# The page loads nothing from other hosts and sends nothing to them.
_OWN_ONLY = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
)


def add_api_pages(app: FastAPI) -> None:
    """Serve `/openapi.json`, and `/docs` with its script and styles.

    There is no /redoc: its script loads a picture from its vendor's server.
    """
    folder = str(files("fastapi_offline").joinpath("static"))
    app.mount(_FILES, StaticFiles(directory=folder), name="docs-assets")
    app.add_api_route("/docs", _docs, include_in_schema=False)
    app.state.api_document = None
    app.add_api_route("/openapi.json", _document, include_in_schema=False)


async def _document(request: Request) -> Response:
    """The document, written when it is first requested: in a thread, since it takes seconds."""
    state = request.app.state
    if state.api_document is None:
        # As FastAPI writes it: keys may be of types that orjson does not take.
        writing = asyncio.to_thread(lambda: bytes(JSONResponse(request.app.openapi()).body))
        state.api_document = asyncio.ensure_future(writing)
    raw: bytes = await asyncio.shield(state.api_document)
    below = request.scope.get("root_path", "").rstrip("/")
    if below:
        raw = orjson.dumps({**orjson.loads(raw), "servers": [{"url": below}]})
    return Response(raw, media_type="application/json")


async def _docs(request: Request) -> Response:
    below = request.scope.get("root_path", "")
    page = get_swagger_ui_html(
        openapi_url=f"{below}/openapi.json",
        title="Merx",
        swagger_js_url=f"{below}{_FILES}/swagger-ui-bundle.js",
        swagger_css_url=f"{below}{_FILES}/swagger-ui.css",
        swagger_favicon_url=f"{below}{_FILES}/favicon.png",
        swagger_ui_parameters={"validatorUrl": None},
    )
    page.headers["content-security-policy"] = _OWN_ONLY
    return page
