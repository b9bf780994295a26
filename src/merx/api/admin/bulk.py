"""/admin/bulk: files of rows that are written in the background."""

import secrets
from collections.abc import AsyncIterator
from typing import Any, Literal

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from merx.core.database import Database
from merx.core.errors import InvalidData
from merx.modules.bulk.jobs import cancel_job, request_job
from merx.modules.bulk.results import read_results
from merx.providers.file import FileProvider
from merx.web.answers import answers, answers_text
from merx.web.crud import plain_router
from merx.web.filters import choice, texts, times
from merx.web.line_streams import LineStream
from merx.web.policies import refuse_options
from merx.web.queries import ReadQuery
from merx.web.reads import answer_one, find_one, wrap
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Write, database
from merx.web.uploads import UploadRoute
from merx.workflows.bulk.reading import LONGEST_LINE

_NDJSON = "application/x-ndjson"
STATES = ("waiting", "running", "done", "canceled", "failed")
BULK_JOB = Resource(
    "bulk_job",
    "bulk_job",
    "bulk_jobs",
    "id, state, file_name, size, position, lines, done, succeeded, failed, error, created_by,"
    " created_at, started_at, updated_at, ended_at",
    {
        "id": texts("id"),
        "state": choice("state", STATES),
        "created_at": times("created_at"),
    },
    limit=50,
    missing="Bulk job with id: {id} was not found",
)
_ROWS = {"requestBody": {"required": True, "content": {_NDJSON: {"schema": {"type": "string"}}}}}

router = plain_router("/bulk", BULK_JOB)
# Its body is no JSON but lines of it.
file_router = Router(prefix="/bulk", tags=["bulk jobs"], route_class=UploadRoute)


@file_router.post("", status_code=202, openapi_extra=answers(bulk_job=BULK_JOB) | _ROWS)
async def create(request: Request, file_name: str | None = None) -> Response:
    """Take lines of JSON, each a row to write; they are written in the background."""
    refuse_options(request.scope)
    if file_name is not None and len(file_name) > 255:
        raise InvalidData("The file_name is longer than 255 characters")
    limit: int = request.app.state.settings.max_bulk_bytes
    stream = LineStream(request, most_bytes=limit, longest_line=LONGEST_LINE)
    files: FileProvider = request.app.state.files
    key = f"private-{secrets.token_hex(16)}-bulk.ndjson"
    try:
        await files.write(key, stream.chunks())
        answer = await _note(request, stream, key, file_name)
    except BaseException:
        await files.delete(key)
        raise
    request.app.state.wake_relay()
    return answer


async def _note(request: Request, stream: LineStream, key: str, name: str | None) -> Response:
    async with database(request).write() as tx:
        job_id = await request_job(
            tx, size=stream.size, lines=stream.lines, file_key=key, file_name=name
        )
        row = await find_one(tx, BULK_JOB, job_id, ReadQuery(None, {}))
    answer = wrap(bulk_job=row)
    answer.status_code = 202
    return answer


@router.post("/{id}/cancel", openapi_extra=BULK_JOB.parameters)
async def cancel(id: str, request: Request, tx: Write) -> Response:
    """End a job before its time; what is written stays."""
    await cancel_job(tx, id)
    return await answer_one(tx, BULK_JOB, id, request)


@router.get("/{id}/results", openapi_extra=answers_text(_NDJSON))
async def results(
    id: str, request: Request, only: Literal["failed"] | None = None
) -> StreamingResponse:
    """What became of each line so far, a line of JSON each."""
    async with database(request).read() as tx:
        await find_one(tx, BULK_JOB, id, ReadQuery("id", {}))
    lines = _lines(database(request), id, only_failed=only is not None)
    headers = {"content-disposition": f'attachment; filename="{id}.ndjson"'}
    return StreamingResponse(lines, media_type=_NDJSON, headers=headers)


async def _lines(database: Database, job_id: str, *, only_failed: bool) -> AsyncIterator[Any]:
    """A few lots at a time: no connection is held while a client reads slowly."""
    after = -1
    while True:
        async with database.read() as tx:
            lots = await read_results(tx, job_id, after=after, only_failed=only_failed)
        if not lots:
            return
        for lot in lots:
            yield lot.lines
        after = lots[-1].first_line
