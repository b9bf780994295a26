"""/admin/products/import, /imports: imports of products from a file."""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import Request, Response
from starlette.datastructures import UploadFile
from typing_extensions import TypedDict

from merx.core.errors import InvalidData, NotFound
from merx.core.kinds import Input, Number
from merx.core.shapes import Json
from merx.providers.file import FileProvider
from merx.web.answers import answers, answers_type
from merx.web.filters import list_of, texts, times
from merx.web.reads import answer_one, answer_page
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read, Write, database
from merx.web.uploads import UploadRoute, chunks_of, sent_files
from merx.workflows.imports.drafts import ReadingOptions
from merx.workflows.imports.imports import confirm_import, request_import
from merx.workflows.imports.reading import Source, read_source

PRODUCT_IMPORT = Resource(
    "product_import",
    "product_import",
    "product_imports",
    "id, file_name, state, to_create, to_update, done, errors, error_count, created_by, created_at,"
    " updated_at, ended_at",
    {
        "id": texts("id"),
        "state": list_of("state", ("waiting", "confirmed", "running", "done", "failed")),
        "created_at": times("created_at"),
    },
    limit=50,
    missing="Product import with id: {id} was not found",
)
_FILE = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        }
    }
}

router = Router(prefix="/products", tags=["products"])
# Listed before the plain routes: its body is a file.
file_router = Router(prefix="/products", tags=["products"], route_class=UploadRoute)


class UploadedFile(Input):
    """A file that was uploaded earlier."""

    file_key: str
    originalname: str
    extension: str
    size: Number
    mime_type: str


class ImportSummary(TypedDict):
    """How many products an import would create and update."""

    toCreate: int
    toUpdate: int


class Noted(TypedDict):
    """An import waiting for confirmation, and what it would do."""

    transaction_id: str
    summary: ImportSummary


@file_router.post("/import", status_code=202, openapi_extra=answers_type(Noted) | _FILE)
async def import_file(request: Request) -> Json:
    """Read a file of products, to be imported after confirmation; every invalid row is reported."""
    async with sent_files(request, "file") as sent:
        if not sent:
            raise InvalidData("No file was uploaded for importing")
        [file, *_] = sent
        kept: FileProvider = request.app.state.files
        key = f"private-{secrets.token_hex(16)}-product-import.csv"
        await kept.write(key, chunks_of(file))
        try:
            return await _note(request, chunks_of(await _again(file)), key, file.filename or "file")
        except BaseException:
            await kept.delete(key)
            raise


async def _again(file: UploadFile) -> UploadFile:
    await file.seek(0)
    return file


@router.post("/imports", status_code=202, openapi_extra=answers_type(Noted))
async def import_uploaded(request: Request, body: UploadedFile) -> Json:
    """Read a file of products that was uploaded to /admin/uploads."""
    kept: FileProvider = request.app.state.files
    found = await kept.read(body.file_key)
    if found is None:
        raise NotFound(f"File with key {body.file_key} not found")
    return await _note(request, found.chunks, body.file_key, body.originalname)


@router.post("/import/{transaction_id}/confirm", status_code=202, openapi_extra=answers())
@router.post("/imports/{transaction_id}/confirm", status_code=202, openapi_extra=answers())
async def confirm(transaction_id: str, tx: Write) -> Json:
    """Import the products in the background; a notification reports the result."""
    await confirm_import(tx, transaction_id)
    return {}


@router.get("/imports", openapi_extra=PRODUCT_IMPORT.page_parameters)
async def list_imports(request: Request, tx: Read) -> Response:
    """List imports and their progress."""
    return await answer_page(tx, PRODUCT_IMPORT, request)


@router.get("/imports/{id}", openapi_extra=PRODUCT_IMPORT.parameters)
async def get_import(id: str, request: Request, tx: Read) -> Response:
    """Get an import."""
    return await answer_one(tx, PRODUCT_IMPORT, id, request)


async def _note(request: Request, chunks: AsyncIterator[bytes], key: str, name: str) -> Json:
    source = await _read(chunks)
    try:
        if source.faults.count:
            raise source.faults.error()
        async with database(request).write() as tx:
            import_id = await request_import(tx, source, file_name=name, file_key=key)
    finally:
        source.close()
    summary = {"toCreate": source.to_create, "toUpdate": source.to_update}
    return {"transaction_id": import_id, "summary": summary}


async def _read(chunks: AsyncIterator[bytes]) -> Source:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "products.csv"
        with path.open("wb") as file:
            async for chunk in chunks:
                await asyncio.to_thread(file.write, chunk)
        return await asyncio.to_thread(read_source, path, ReadingOptions())
