"""Error → status and JSON: the one place where errors become answers.

`{type, message, code?}` are the reference's; `errors` is ours and names every bad row and field.
"""

import re
from typing import Any

import asyncpg
import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from merx.core.database import DatabaseAway, DatabaseBusy
from merx.core.errors import (
    Conflict,
    InvalidData,
    MerxError,
    NotFound,
    TooSlow,
    Unauthorized,
    Unavailable,
    UnfitKey,
)
from merx.core.schema import wordings
from merx.web.wording import MOST_PROBLEMS, invalid_request

_log = structlog.get_logger()

_LONGEST_TEXT = 8000

# Errors about a value, and the words for it.
_UNUSABLE = (
    (
        (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError),
        "Text must not contain the character NUL",
    ),
    (asyncpg.InvalidRegularExpressionError, "A regular expression of the filters is not valid"),
    (asyncpg.NumericValueOutOfRangeError, "A number is out of range"),
    (asyncpg.ProgramLimitExceededError, "A value is too large to be stored and indexed"),
    (asyncpg.DatetimeFieldOverflowError, "A time is out of range"),
    (
        (asyncpg.InvalidTextRepresentationError, asyncpg.InvalidDatetimeFormatError),
        "A value has not the form that it needs",
    ),
)

_UNFIT_KEY = "Provided request body contains errors. Please check the data and retry the request"
# As PostgreSQL shows booleans in a detail.
_FLAGS = {"t": "true", "f": "false"}
_DETAIL = re.compile(r"Key \((?P<names>.*?)\)=\((?P<values>.*)\)", re.DOTALL)


def add_failure_answers(app: FastAPI) -> None:
    """Let the application answer every kind of error in one shape."""
    app.add_exception_handler(MerxError, _answer_merx_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(asyncpg.PostgresError, _answer_database_error)
    app.add_exception_handler(DatabaseAway, _answer_away)
    app.add_exception_handler(DatabaseBusy, _answer_busy)
    app.add_exception_handler(Exception, _answer_fault)


def render(error: MerxError) -> Response:
    """The answer for an error that a client is meant to see."""
    if isinstance(error, Unauthorized):
        body: dict[str, Any] = {"message": _cut(error.message)}
    elif isinstance(error, UnfitKey):
        body = {"errors": [error.message], "message": _UNFIT_KEY}
    else:
        body = {"type": error.type, "message": _cut(error.message)}
    if error.code:
        body["code"] = error.code
    if error.problems:
        body["errors"] = _told(error)
    headers = dict[str, str]()
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    return Response(orjson.dumps(body), error.status, headers, "application/json")


def _told(error: MerxError) -> list[Any]:
    """The first problems, and how many there are beyond them."""
    told = [
        {name: _cut(value) if isinstance(value, str) else value for name, value in one.items()}
        for one in error.problems[:MOST_PROBLEMS]
    ]
    more = len(error.problems) - len(told) + error.unlisted
    return [*told, {"message": f"{more} more problems"}] if more else told


def _cut(text: str) -> str:
    """A text of an answer; what a request made too long ends early."""
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def from_database(error: asyncpg.PostgresError) -> MerxError | None:
    """The client's error for a broken constraint or a lost race; None for a fault of ours."""
    name = getattr(error, "constraint_name", None) or ""
    values = _key_of(error)
    words = wordings().get(name)
    match error:
        case asyncpg.UniqueViolationError():
            return InvalidData(words.format_map(values) if words else _taken(error, values))
        case asyncpg.CheckViolationError() if words:
            return InvalidData(words)
        case asyncpg.ForeignKeyViolationError():
            return NotFound(_missing(values))
        case asyncpg.DeadlockDetectedError() | asyncpg.SerializationError():
            return Conflict("Another request changed the same rows at the same time; try again")
        case asyncpg.LockNotAvailableError():
            return Conflict("Another request holds the same rows for long; try again")
        case asyncpg.QueryCanceledError():
            return TooSlow("The request took too long and was stopped; ask for less at once")
        case _:
            return _unusable_value(error)


def _unusable_value(error: asyncpg.PostgresError) -> InvalidData | None:
    """The client's error for a value that the database or the driver refuses."""
    for kinds, words in _UNUSABLE:
        if isinstance(error, kinds):
            return InvalidData(f"Invalid request: {words}")
    # Without a severity it is the driver that refused it, before the server saw it.
    is_of_driver = isinstance(error, asyncpg.DataError) and not getattr(error, "severity", None)
    return InvalidData("Invalid request: A value cannot be stored") if is_of_driver else None


def _taken(error: asyncpg.PostgresError, values: dict[str, str]) -> str:
    """In the reference's words: `Product with handle: x, already exists.`"""
    thing = (getattr(error, "table_name", None) or "row").replace("_", " ").capitalize()
    told = ", ".join(f"{name}: {value}" for name, value in values.items())
    return f"{thing} with {told}, already exists."


def _missing(values: dict[str, str]) -> str:
    name, value = next(iter(values.items()), ("row", "unknown"))
    return f"You tried to set relationship {name}: {value}, but such entity does not exist"


def _key_of(error: asyncpg.PostgresError) -> dict[str, str]:
    found = _DETAIL.search(getattr(error, "detail", None) or "")
    if found is None:
        return {}
    names = found["names"].split(", ")
    values = found["values"].split(", ", len(names) - 1)
    return {
        name.strip('"'): _FLAGS.get(value, value) if name.startswith(("has_", "is_")) else value
        for name, value in zip(names, values, strict=False)
    }


async def _answer_merx_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, MerxError)
    return render(error)


async def _answer_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    broken: MerxError | None = getattr(request.state, "body_error", None)
    return render(broken or invalid_request(error.errors()))


async def _answer_http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = "not_found" if error.status_code in (404, 405) else "invalid_data"
    status = 404 if error.status_code == 405 else error.status_code
    body = {"type": kind, "message": error.detail}
    return Response(orjson.dumps(body), status, error.headers, "application/json")


async def _answer_database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, asyncpg.PostgresError)
    known = from_database(error)
    return render(known) if known else await _answer_fault(request, error)


async def _answer_away(request: Request, error: Exception) -> Response:
    request.state.is_database_away = True
    _log.warning("database away", path=request.url.path, error=repr(error.__cause__))
    return render(Unavailable("The database cannot be reached now; try again"))


async def _answer_busy(request: Request, _: Exception) -> Response:
    _log.warning("database busy", path=request.url.path)
    return render(Unavailable("The shop has too much to do now; try again"))


async def _answer_fault(request: Request, error: Exception) -> Response:
    _log.error("request failed", path=request.url.path, exc_info=error)
    body = {
        "code": "unknown_error",
        "type": "unknown_error",
        "message": "An unknown error occurred.",
    }
    return Response(orjson.dumps(body), 500, media_type="application/json")
