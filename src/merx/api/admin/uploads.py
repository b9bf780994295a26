"""/admin/uploads: files of the shop, such as images of products."""

import mimetypes
import re
import secrets
import time
import unicodedata
from typing import Literal

from fastapi import Request
from pydantic import Field
from starlette.datastructures import UploadFile
from typing_extensions import TypedDict

from merx.core.errors import InvalidData, NotFound
from merx.core.ids import new_id
from merx.core.kinds import Input
from merx.core.money import plain_number
from merx.core.shapes import Json
from merx.providers.file import FileProvider
from merx.web.answers import answers, answers_deleted, answers_type
from merx.web.querystring import parse_query
from merx.web.router import Router
from merx.web.uploads import UploadRoute, chunks_of, sent_files

_OTHER = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)
_LONGEST_NAME = 120
_FIELDS = {"parameters": [{"name": "fields", "in": "query", "schema": {"type": "string"}}]}
_FILES = {
    **_FIELDS,
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                        }
                    },
                }
            }
        }
    },
}

router = Router(prefix="/uploads", tags=["uploads"])
# Listed before the plain routes: its bodies are files.
file_router = Router(prefix="/uploads", tags=["uploads"], route_class=UploadRoute)


class PresignedUrl(Input):
    """What will be uploaded."""

    originalname: str = Field(min_length=1, max_length=1024)
    mime_type: str
    size: float = Field(ge=0)
    access: Literal["public", "private"] | None = None


class File(TypedDict, total=False):
    """A file and its URL."""

    id: str
    url: str


class Presigned(TypedDict):
    """The URL and the name for an upload."""

    url: str
    filename: str
    mime_type: str | None
    size: float | None
    extension: str
    originalname: str


@file_router.post("", openapi_extra=answers(files=list[File]) | _FILES)
async def upload_files(request: Request) -> dict[str, list[dict[str, str]]]:
    """Store the files of a multipart body, all under the name `files`."""
    asked = _fields(request)
    async with sent_files(request) as sent:
        if not sent:
            raise InvalidData("No files were uploaded")
        keys = await _keep(request.app.state.files, sent)
    return {"files": [_shown(request, key, asked) for key in keys]}


async def _keep(kept: FileProvider, sent: list[UploadFile]) -> list[str]:
    """Store all files or none; returns their keys."""
    keys: list[str] = []
    try:
        for file in sent:
            keys.append(_key(file))
            await kept.write(keys[-1], chunks_of(file))
    except BaseException:
        for key in keys:
            await kept.delete(key)
        raise
    return keys


@router.post("/presigned-urls", openapi_extra=answers_type(Presigned))
async def presign_upload(body: PresignedUrl) -> Json:
    """Get the URL and the name for an upload: here always /admin/uploads."""
    extension = mimetypes.guess_extension(body.mime_type.partition(";")[0].strip().lower())
    if extension is None:
        raise InvalidData(f'Invalid file type "{body.mime_type[:100]}"', code="invalid_data")
    return {
        "url": "/admin/uploads",
        "filename": f"{new_id('').lstrip('_')}{extension}",
        "mime_type": body.mime_type,
        "size": plain_number(body.size),
        "extension": extension.lstrip("."),
        "originalname": body.originalname,
    }


@router.get("/{id}", openapi_extra=answers(file=File) | _FIELDS)
async def get_upload(id: str, request: Request) -> dict[str, dict[str, str]]:
    """Get the URL of a file."""
    asked = _fields(request)
    kept: FileProvider = request.app.state.files
    if not await kept.has(id):
        raise NotFound(f"File with key {id} not found")
    return {"file": _shown(request, id, asked)}


@router.delete("/{id}", openapi_extra=answers_deleted("file"))
async def delete_upload(id: str, request: Request) -> Json:
    """Delete a file; deleting one that does not exist succeeds."""
    kept: FileProvider = request.app.state.files
    await kept.delete(id)
    return {"id": id, "object": "file", "deleted": True}


def _key(file: UploadFile) -> str:
    """A key with the upload time and the file's name; a random part keeps equal names of the same
    moment apart.
    """
    plain = unicodedata.normalize("NFKD", file.filename or "file")
    name = _OTHER.sub("-", plain.encode("ascii", "ignore").decode()).strip("-.") or "file"
    return f"{time.time_ns() // 1_000_000}-{secrets.token_hex(4)}-{name[-_LONGEST_NAME:]}"


def _fields(request: Request) -> tuple[str, ...]:
    values = parse_query(request.url.query)
    others = [name for name in values if name != "fields"]
    if others:
        raise InvalidData(f"Invalid request: Unrecognized fields: '{', '.join(others[:10])}'")
    text = values.get("fields")
    named = [name.strip() for name in text.split(",")] if isinstance(text, str) else []
    shown = tuple(name for name in ("id", "url") if name in named)
    return ("id", *(name for name in shown if name != "id")) if shown else ("id", "url")


def _shown(request: Request, key: str, fields: tuple[str, ...]) -> dict[str, str]:
    base = str(request.app.state.settings.public_url).rstrip("/")
    shown = {"id": key, "url": f"{base}/static/{key}"}
    return {name: shown[name] for name in fields}
