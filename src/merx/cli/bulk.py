"""`merx bulk run`: a file of rows, sent to a server or written by the command itself."""

import asyncio
import gzip
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from merx.cli.products import Bar, with_database
from merx.core.operator_errors import OperatorError

if TYPE_CHECKING:
    import httpx2

    from merx.core.database import Database
    from merx.modules.bulk.jobs import Job

_CHUNK = 256 * 1024
_POLL_SECONDS = 0.5


class _Counts(TypedDict):
    state: str
    succeeded: int
    failed: int
    error: str | None


class _Told(_Counts):
    """A job as the server shows it."""

    id: str
    lines: int
    done: int


class _Ended(_Counts):
    """A job that has ended, and the results of the first rows that failed."""

    shown: list[str]


app = typer.Typer(help="Write many rows from a file.", no_args_is_help=True)


@app.callback()
def _group() -> None:  # pyright: ignore[reportUnusedFunction] - keeps `run` a command of the group
    pass


@app.command("run")
def run(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="lines of JSON; .gz is unpacked")
    ],
    results: Annotated[
        Path | None, typer.Option(help="where to write what became of each line")
    ] = None,
    url: Annotated[
        str, typer.Option(envvar="MERX_URL", help="of a server; without it the command writes")
    ] = "",
    api_key: Annotated[
        str, typer.Option(envvar="MERX_API_KEY", help="a secret API key of that server")
    ] = "",
) -> None:
    """Create, update, delete and upsert products, variants, prices, links and levels from a file.

    Invalid lines are reported and do not stop the others. After an interruption, the same command
    continues where it stopped.
    """
    from merx.cli.configuration import load_settings

    if url:
        ended = _Sent(url, api_key, file).run(results)
    else:
        settings = load_settings()
        local = _Local(file, results)
        with_database(settings, local.run, hooks=True)
        ended = local.ended
        assert ended is not None
    _tell(ended, results)


def _tell(ended: _Ended, results: Path | None) -> None:
    counts = f"{ended['succeeded']:,} rows are written, {ended['failed']:,} failed"
    if ended["state"] != "done":
        raise OperatorError(f"The job is {ended['state']}: {ended['error'] or counts}")
    typer.echo(f"{counts}.")
    if ended["failed"]:
        for line in ended["shown"]:
            typer.echo(line, err=True)
        where = f"; {results} tells of each" if results else "; --results FILE tells of each"
        raise OperatorError(f"{ended['failed']:,} lines failed{where}")


_SHOWN = 20


class _Local:
    """The command writes the rows itself; servers may be running."""

    def __init__(self, file: Path, results: Path | None) -> None:
        self._file = file
        self._results = results
        self.ended: _Ended | None = None

    async def run(self, database: "Database") -> None:
        """Write the file, or what is left of it."""
        from merx.subscribers.bulk_jobs import EXPLAINING
        from merx.workflows.bulk.running import run_job

        job = await self._job(database)
        bar = Bar("Writing", job.lines)
        bar.move(job.done)
        await run_job(database, job, self._opened, EXPLAINING, progress=bar.move)
        bar.end()
        await self._end(database, job.id)

    async def _job(self, database: "Database") -> "Job":
        from merx.modules.bulk.jobs import find_begun, request_job

        size, lines, digest = await asyncio.to_thread(_measured, self._file)
        async with database.write() as tx:
            begun = await find_begun(tx, digest)
            if begun is None:
                await request_job(
                    tx, size=size, lines=lines, file_name=self._file.name, digest=digest
                )
                begun = await find_begun(tx, digest)
        assert begun is not None
        if begun.done:
            typer.echo(f"Goes on behind line {begun.done:,}.", err=True)
        return begun

    async def _opened(self, position: int) -> AsyncIterator[bytes]:
        for chunk in _chunks(self._file, position):
            yield chunk

    async def _end(self, database: "Database", job_id: str) -> None:
        from merx.modules.bulk.results import read_results

        async with database.read() as tx:
            record = await tx.fetchrow(
                "SELECT state, succeeded, failed, error FROM bulk_job WHERE id = $1", job_id
            )
            assert record is not None
            first = await read_results(tx, job_id, only_failed=True)
        shown = "".join(lot.lines for lot in first).splitlines()[:_SHOWN]
        self.ended = _Ended(
            state=record["state"],
            succeeded=record["succeeded"],
            failed=record["failed"],
            error=record["error"],
            shown=shown,
        )
        if self._results is None:
            return
        after = -1
        with self._results.open("w") as out:
            while True:
                async with database.read() as tx:
                    lots = await read_results(tx, job_id, after=after)
                if not lots:
                    break
                out.writelines(lot.lines for lot in lots)
                after = lots[-1].first_line


class _Sent:
    """A server writes the rows; the command sends them and waits."""

    def __init__(self, url: str, api_key: str, file: Path) -> None:
        if not api_key:
            raise OperatorError("A server needs a secret API key: --api-key or MERX_API_KEY")
        self._url = url.rstrip("/")
        self._key = api_key
        self._file = file

    def run(self, results: Path | None) -> _Ended:
        """Send the file, and wait until its job has ended."""
        import httpx2

        with httpx2.Client(
            base_url=self._url, auth=httpx2.BasicAuth(self._key, ""), timeout=60
        ) as client:
            try:
                return self._run(client, results)
            except httpx2.TransportError as error:
                raise OperatorError(f"{self._url} cannot be reached: {error}") from error

    def _run(self, client: "httpx2.Client", results: Path | None) -> _Ended:
        job = self._send(client)
        typer.echo(f"The job is {job['id']}.", err=True)
        bar, done = Bar("Writing", job["lines"]), 0
        while job["state"] in ("waiting", "running"):
            time.sleep(_POLL_SECONDS)
            job = _answered(client.get(f"/admin/bulk/{job['id']}"))
            bar.move(job["done"] - done)
            done = job["done"]
        bar.end()
        shown: list[str] = []
        if job["failed"]:
            with client.stream("GET", f"/admin/bulk/{job['id']}/results?only=failed") as answer:
                shown = [line for line, _ in zip(answer.iter_lines(), range(_SHOWN), strict=False)]
        if results is not None:
            with (
                client.stream("GET", f"/admin/bulk/{job['id']}/results") as answer,
                results.open("wb") as out,
            ):
                for chunk in answer.iter_bytes():
                    out.write(chunk)
        return _Ended(
            state=job["state"],
            succeeded=job["succeeded"],
            failed=job["failed"],
            error=job["error"],
            shown=shown,
        )

    def _send(self, client: "httpx2.Client") -> _Told:
        headers = {"content-type": "application/x-ndjson"}
        if self._file.suffix == ".gz":
            headers["content-encoding"] = "gzip"
        bar = Bar("Sending", self._file.stat().st_size)
        answer = client.post(
            "/admin/bulk",
            params={"file_name": self._file.name},
            headers=headers,
            content=_read(self._file, bar.move),
        )
        bar.end()
        return _answered(answer)


def _answered(answer: "httpx2.Response") -> _Told:
    if answer.is_error:
        words = answer.text
        if answer.headers.get("content-type", "").startswith("application/json"):
            words = answer.json().get("message", words)
        raise OperatorError(f"The server answers {answer.status_code}: {words}")
    return answer.json()["bulk_job"]


def _read(file: Path, progress: Callable[[int], None]) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            progress(len(chunk))
            yield chunk


def _chunks(file: Path, position: int = 0) -> Iterator[bytes]:
    """The bytes of a file, unpacked, from a position on."""
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
            opened.seek(position)
            while chunk := opened.read(_CHUNK):
                yield chunk
    except (OSError, EOFError) as error:
        raise OperatorError(f"{file}: {error}") from error


def _measured(file: Path) -> tuple[int, int, str]:
    """The size, the lines and the digest of what a file holds."""
    from merx.workflows.bulk.reading import LONGEST_LINE

    size = lines = open_bytes = 0
    digest = hashlib.sha256()
    for chunk in _chunks(file):
        digest.update(chunk)
        size += len(chunk)
        ended = chunk.count(b"\n")
        first = open_bytes + (chunk.find(b"\n") if ended else len(chunk))
        if first > LONGEST_LINE:
            limit = f"{LONGEST_LINE:,} bytes"
            raise OperatorError(f"{file}: line {lines + 1} is longer than {limit}")
        lines += ended
        open_bytes = len(chunk) - chunk.rfind(b"\n") - 1 if ended else first
    if not size:
        raise OperatorError(f"{file} is empty")
    return size, lines + bool(open_bytes), digest.hexdigest()
