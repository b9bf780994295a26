"""/static: the shop's files. Anybody who knows a file's key may read it.

Anybody who may upload could upload a page with a script. Nothing is executed here: images, audio
and video of known types are shown, everything else is downloaded, and every file is sandboxed.
"""

import re
from mimetypes import guess_type

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from merx.core.errors import NotFound
from merx.providers.file import FileProvider, KeptFile, OutOfRange, Piece
from merx.web.router import Router

# Types that cannot contain scripts; SVG and HTML can.
_SHOWN = frozenset(
    {
        "image/avif", "image/gif", "image/jpeg", "image/png", "image/webp", "image/bmp",
        "image/x-icon", "image/vnd.microsoft.icon", "video/mp4", "video/webm", "audio/mpeg",
        "audio/ogg", "audio/wav", "text/plain",
    }
)  # fmt: skip
_PRIVATE = "private-"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "referrer-policy": "no-referrer",
    "accept-ranges": "bytes",
}

router = Router(prefix="/static", include_in_schema=False)


@router.api_route("/{key}", methods=["GET", "HEAD"])
async def read_file(key: str, request: Request) -> Response:
    """Get a file, or the bytes of it that `Range` names."""
    files: FileProvider = request.app.state.files
    piece = _piece(request.headers.get("range", ""))
    try:
        file = await files.read(key, piece)
    except OutOfRange as error:
        return Response(status_code=416, headers={"content-range": f"bytes */{error.size}"})
    if file is None:
        raise NotFound(f"There is no file {key}")
    headers = _headers(key, file)
    if file.tag and f'"{file.tag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"etag": headers["etag"], **_SAFE})
    if piece is not None:
        headers["content-range"] = f"bytes {file.start}-{file.end - 1}/{file.size}"
    return StreamingResponse(
        file.chunks,
        206 if piece is not None else 200,
        headers,
        guess_type(key)[0] or "application/octet-stream",
    )


def _headers(key: str, file: KeptFile) -> dict[str, str]:
    shown = guess_type(key)[0] in _SHOWN
    private = key.startswith(_PRIVATE)
    return {
        **_SAFE,
        "content-length": str(file.end - file.start),
        "content-disposition": "inline" if shown else "attachment",
        # A key is never reused for another file.
        "cache-control": "private, max-age=0" if private else "public, max-age=31536000, immutable",
        **({"etag": f'"{file.tag}"'} if file.tag else {}),
    }


def _piece(text: str) -> Piece | None:
    """A single byte range; anything else asks for the whole file."""
    found = _RANGE.fullmatch(text.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        return Piece(suffix=int(last))
    if last and int(last) < int(first):
        return None
    return Piece(int(first), int(last) if last else None)
