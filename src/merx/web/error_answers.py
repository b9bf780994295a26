"""Turns errors into responses: the one place that decides status and JSON.

`{type, message, code?}` are the reference's. With `Prefer: errors=detailed` the answer also has our
list `errors`, which names every bad row and field.
"""

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
    PreconditionFailed,
    Problem,
    TooSlow,
    Unauthorized,
    Unavailable,
    UnfitKey,
)
from merx.core.schema import wordings
from merx.web.conflicts import find_conflict, key_of
from merx.web.wording import MOST_PROBLEMS, invalid_request

_log = structlog.get_logger()

_LONGEST_TEXT = 8000

# Errors about a value, and their messages.
_UNUSABLE = (
    (
        (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError),
        "Text must not contain the character NUL",
    ),
    (asyncpg.InvalidRegularExpressionError, "A regular expression of the filters is not valid"),
    (asyncpg.InvalidEscapeSequenceError, "A pattern of the filters must not end with a backslash"),
    (asyncpg.NumericValueOutOfRangeError, "A number is out of range"),
    (asyncpg.ProgramLimitExceededError, "A value is too large to be stored and indexed"),
    (asyncpg.DatetimeFieldOverflowError, "A time is out of range"),
    (
        (asyncpg.InvalidTextRepresentationError, asyncpg.InvalidDatetimeFormatError),
        "A value does not have the required form",
    ),
)

# The code of a problem that has none of its own, by the type of the error.
_CODES = {"invalid_data": "invalid", "duplicate_error": "taken"}

_UNFIT_KEY = "Provided request body contains errors. Please check the data and retry the request"


def add_failure_answers(app: FastAPI) -> None:
    """Make the application answer every kind of error in one shape."""
    app.add_exception_handler(MerxError, _answer_merx_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(asyncpg.PostgresError, _answer_database_error)
    app.add_exception_handler(DatabaseAway, _answer_away)
    app.add_exception_handler(DatabaseBusy, _answer_busy)
    app.add_exception_handler(Exception, _answer_fault)


def wants_details(request: Request) -> bool:
    """Whether the request asks for `errors`: clients compare whole bodies, which do not have it."""
    asked = request.headers.get("prefer", "")
    return "errors=detailed" in asked.replace(" ", "").split(",")


def render(error: MerxError, *, details: bool = False) -> Response:
    """The response for an error that clients may see."""
    if isinstance(error, Unauthorized):
        body: dict[str, Any] = {"message": _cut(error.message)}
    elif isinstance(error, UnfitKey):
        body = {"errors": [_cut(error.message)], "message": _UNFIT_KEY}
    else:
        body = {"type": error.type, "message": _cut(error.message)}
    if error.code:
        body["code"] = error.code
    if details and error.problems:
        body["errors"] = _told(error)
    headers = dict[str, str]()
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    if isinstance(error, PreconditionFailed) and error.etag:
        headers["etag"] = error.etag
    return Response(orjson.dumps(body), error.status, headers, "application/json")


def coded(error: MerxError) -> list[Problem]:
    """The problems, each with a code: its own, or that of the error."""
    kind = _CODES.get(error.type, error.type)
    return [{"code": kind, **one} for one in error.problems]


def _told(error: MerxError) -> list[Any]:
    """The first problems, and the number of the rest."""
    shown = [
        {name: _cut(value) if isinstance(value, str) else value for name, value in one.items()}
        for one in coded(error)[:MOST_PROBLEMS]
    ]
    more = len(error.problems) - len(shown) + error.unlisted
    return [*shown, {"message": f"{more} more problems"}] if more else shown


def _cut(text: str) -> str:
    """A text for an answer: shortened if a request made it too long.

    Unpaired surrogates, which JSON can carry and UTF-8 cannot, become `?`.
    """
    short = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    return short.encode(errors="replace").decode()


def from_database(error: asyncpg.PostgresError, body: Any = None) -> MerxError | None:
    """The client's error for a violated constraint or a lost race; None for our own bugs.

    The body, if known, helps to read the values that a constraint refused.
    """
    name = getattr(error, "constraint_name", None) or ""
    values = key_of(error, body)
    words = wordings().get(name)
    match error:
        case asyncpg.UniqueViolationError():
            return InvalidData(_taken(error, values, words))
        case asyncpg.CheckViolationError() if words:
            return InvalidData(words)
        case asyncpg.ForeignKeyViolationError():
            return NotFound(_missing(values))
        case asyncpg.DeadlockDetectedError() | asyncpg.SerializationError():
            return Conflict("Another request changed the same rows at the same time; try again")
        case asyncpg.LockNotAvailableError():
            return Conflict("Another request has locked the same rows for too long; try again")
        case asyncpg.QueryCanceledError():
            return TooSlow("The request took too long and was stopped; ask for less")
        case _:
            return _unusable_value(error)


def _unusable_value(error: asyncpg.PostgresError) -> InvalidData | None:
    """The client's error for a value that the database or the driver refuses."""
    for kinds, words in _UNUSABLE:
        if isinstance(error, kinds):
            return InvalidData(f"Invalid request: {words}")
    # Without a severity, the driver refused it before the server saw it.
    is_of_driver = isinstance(error, asyncpg.DataError) and not getattr(error, "severity", None)
    return InvalidData("Invalid request: A value cannot be stored") if is_of_driver else None


def _taken(error: asyncpg.PostgresError, values: dict[str, str], words: str | None) -> str:
    """In the words of the constraint or the reference's: `Product with handle: x, already exists.`

    Without the values if they cannot be told apart.
    """
    if words and (values or "{" not in words):
        return words.format_map(values)
    thing = (getattr(error, "table_name", None) or "row").replace("_", " ").capitalize()
    if not values:
        return f"{thing} with these values already exists."
    told = ", ".join(f"{name}: {value}" for name, value in values.items())
    return f"{thing} with {told}, already exists."


def _missing(values: dict[str, str]) -> str:
    name, value = next(iter(values.items()), ("row", "unknown"))
    return f"You tried to set relationship {name}: {value}, but such entity does not exist"


async def as_client_error(
    request: Request,
    error: MerxError | RequestValidationError | asyncpg.PostgresError,
    rows: Any = None,
) -> MerxError | None:
    """The client's error for what a route raised; None for our own bugs.

    For a conflict detected by the database, the row of the request and the conflicting row are
    looked up.
    """
    if isinstance(error, MerxError):
        return error
    if isinstance(error, RequestValidationError):
        broken: MerxError | None = getattr(request.state, "body_error", None)
        return broken or invalid_request(error.errors())
    body = getattr(request.state, "parsed_body", None) if rows is None else rows
    known = from_database(error, body)
    if known is not None and wants_details(request):
        known.problems = await find_conflict(request.app.state.database, error, known, body)
    return known


async def _answer_merx_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, MerxError)
    return render(error, details=wants_details(request))


async def _answer_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    known = await as_client_error(request, error)
    assert known is not None
    return render(known, details=wants_details(request))


async def _answer_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = "not_found" if error.status_code in (404, 405) else "invalid_data"
    status = 404 if error.status_code == 405 else error.status_code
    message = f"There is no {request.url.path}" if status == 404 else error.detail
    body = {"type": kind, "message": message}
    return Response(orjson.dumps(body), status, error.headers, "application/json")


async def _answer_database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, asyncpg.PostgresError)
    known = await as_client_error(request, error)
    if known is None:
        return await _answer_fault(request, error)
    return render(known, details=wants_details(request))


async def _answer_away(request: Request, error: Exception) -> Response:
    request.state.is_database_away = True
    _log.warning("database away", path=request.url.path, error=repr(error.__cause__))
    return render(Unavailable("The database cannot be reached at the moment; try again"))


async def _answer_busy(request: Request, _: Exception) -> Response:
    _log.warning("database busy", path=request.url.path)
    return render(Unavailable("The shop is overloaded at the moment; try again"))


async def _answer_fault(request: Request, error: Exception) -> Response:
    _log.error("request failed", path=request.url.path, exc_info=error)
    body = {
        "code": "unknown_error",
        "type": "unknown_error",
        "message": "An unknown error occurred.",
    }
    return Response(orjson.dumps(body), 500, media_type="application/json")
