"""Dumps the whole database to a file and restores it, with PostgreSQL's own programs from the
wheel.

`pg_dump` reads a consistent snapshot of a running shop. A restore is one transaction: afterwards
the database is as in the file, or unchanged.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from merx.core.embedded import programs
from merx.core.operator_errors import OperatorError
from merx.core.schema_state import OWN, revisions

_NO_OWNERS = ("--no-owner", "--no-privileges")
_EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"


def write_backup(url: str, file: Path) -> int:
    """Dump the database to `file` and return its size.

    The file appears only when it is complete.
    """
    target = _Target.of(url)
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        unfinished.touch(mode=0o600)
        _run("pg_dump", target, "--format=custom", f"--file={unfinished}", *_NO_OWNERS)
        size = unfinished.stat().st_size
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.rename(file)
    except OSError as error:
        raise OperatorError(f"{error.filename}: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return size


def revision_of(file: Path) -> str:
    """The last migration of the shop in `file`; fails if this version of Merx cannot use it."""
    _readable(file)
    only = ("--data-only", f"--table={OWN.table}", "--file=-", str(file))
    told = _run("pg_restore", None, *only).splitlines()
    starts = [at for at, line in enumerate(told) if line.startswith("COPY ")]
    if not starts:
        raise OperatorError(f"{file} is not a backup of a Merx shop")
    revision = told[starts[0] + 1]
    if revision not in revisions():
        raise OperatorError(
            f"{file} was written by a newer Merx; this one lacks migration {revision}: update Merx"
        )
    return revision


def restore_backup(url: str, file: Path) -> None:
    """Replace the whole database with the contents of `file`."""
    target = _Target.of(url)
    options = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
    with (
        _started(
            "psql", target, *options, f"--command={_EMPTY}", "--file=-", stdin=subprocess.PIPE
        ) as writing,
        _started("pg_restore", None, *_NO_OWNERS, "--file=-", str(file)) as reading,
    ):
        assert reading.stdout is not None
        assert writing.stdin is not None
        try:
            while chunk := reading.stdout.read(1 << 20):
                writing.stdin.write(chunk)
        except BrokenPipeError:
            # psql has exited with an error, which is reported below.
            reading.kill()
        if reading.wait() != 0 and writing.poll() is None:
            # If its input ends early, psql does not commit.
            writing.kill()
        _, complaint = writing.communicate()
        read_complaint = reading.stderr.read() if reading.stderr else b""
    if reading.returncode > 0:
        raise OperatorError(f"{file} cannot be read: {_last_line(read_complaint)}")
    if writing.returncode != 0:
        raise OperatorError(f"Nothing was restored: {_first_line(complaint)}")


@dataclass(frozen=True, slots=True)
class _Target:
    """A database for libpq; the password does not appear in the list of processes."""

    url: str
    environment: Mapping[str, str]

    @classmethod
    def of(cls, url: str) -> "_Target":
        parts = urlsplit(url)
        if parts.password is None:
            return cls(url, {})
        account, _, place = parts.netloc.rpartition("@")
        plain = parts._replace(netloc=f"{account.partition(':')[0]}@{place}")
        return cls(urlunsplit(plain), {"PGPASSWORD": unquote(parts.password)})


def _started(
    program: str, target: _Target | None, *arguments: str, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    where = [f"--dbname={target.url}"] if target else []
    return subprocess.Popen(
        [programs() / program, *where, *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C", **(target.environment if target else {})},
    )


def _run(program: str, target: _Target | None, *arguments: str) -> str:
    with _started(program, target, *arguments) as process:
        printed, complaint = process.communicate()
    if process.returncode != 0:
        raise OperatorError(f"{program}: {_last_line(complaint)}")
    return printed.decode()


def _readable(file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        raise OperatorError(f"{file}: {error.strerror}") from error


def _first_line(complaint: bytes) -> str:
    lines = complaint.decode(errors="replace").strip().splitlines()
    return lines[0].removeprefix("psql:<stdin>:") if lines else "no reason given"


def _last_line(complaint: bytes) -> str:
    lines = complaint.decode(errors="replace").strip().splitlines()
    return lines[-1].partition("error: ")[2] or lines[-1] if lines else "no reason given"
