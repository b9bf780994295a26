"""/static: the files that the shop keeps. Whoever knows the key of one may read it."""

from mimetypes import guess_type

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from merx.core.errors import NotFound
from merx.providers.file import FileProvider
from merx.web.router import Router

router = Router(prefix="/static", include_in_schema=False)


@router.api_route("/{key}", methods=["GET", "HEAD"])
async def read_file(key: str, request: Request) -> Response:
    """The file, to be saved: none that somebody else made runs as a page of the shop."""
    files: FileProvider = request.app.state.files
    file = await files.read(key)
    if file is None:
        raise NotFound(f"There is no file {key}")
    headers = {
        "content-length": str(file.size),
        "content-disposition": "attachment",
        "x-content-type-options": "nosniff",
        "cache-control": "private, max-age=0",
        "referrer-policy": "no-referrer",
    }
    media_type = guess_type(key)[0] or "application/octet-stream"
    return StreamingResponse(file.chunks, headers=headers, media_type=media_type)
