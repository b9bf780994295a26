"""Errors that clients may see: raised where they are known, answered by `web.error_answers`."""

from collections import Counter
from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
from typing import ClassVar, Self, TypedDict, TypeVar

from merx.core.database import Transaction

NO_SUCH_ENTITY = "You tried to set relationship {}: {{}}, but such entity does not exist"
"""The reference's message for ids of missing rows: `.format(column)` leaves `{}` for the ids."""


class Problem(TypedDict, total=False):
    """One bad row or field of a request: its path (`create[17].sku`) and what is wrong.

    `code` is one of docs/reference/batches.md. `current` is the stored value if the request
    expected another; `conflicting_id` is the row that already has the requested value. `line` and
    `column` refer to an uploaded file.
    """

    path: str
    message: str
    code: str
    current: float
    conflicting_id: str
    line: int
    column: str


def below(path: str, name: str) -> str:
    """The path of a field below `path`, which is empty for the body itself."""
    return f"{path}.{name}" if path else name


class MerxError(Exception):
    """Base of all errors that become an answer `{type, message, code?, errors?}`."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "unexpected_state"
    # Seconds after which the same request may succeed, if known.
    retry_after: int | None = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        problems: Sequence[Problem] = (),
        unlisted: int = 0,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.problems = list(problems)
        # Further problems, which are only counted.
        self.unlisted = unlisted

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Self:
        """An error for these problems, at least one; its message is that of the first."""
        return cls(problems[0].get("message", ""), problems=problems)


_Error = TypeVar("_Error", bound=MerxError)


class Unexplained(Exception):
    """The database refused a change; the rows to blame are looked up after the rollback.

    `explain` returns the error to answer with, on a connection outside the failed transaction.
    """

    def __init__(self, explain: Callable[[Transaction], Awaitable[MerxError]]) -> None:
        super().__init__("A unique value is taken")
        self.explain = explain


class InvalidData(MerxError):
    """The request is malformed or contradicts itself."""

    status = 400
    type = "invalid_data"


def refuse(problems: Sequence[Problem], kind: type[MerxError] = InvalidData) -> None:
    """Raise all problems as one error, if there are any."""
    if problems:
        raise kind.of(problems)


def check_present(
    wanted: Iterable[str], present: Container[str], words: str, kind: type[MerxError] | None = None
) -> None:
    """Raise an error, by default NotFound, naming the wanted keys that are not present, if any.

    `words` is its message, with `{}` for the missing keys.
    """
    missing = [key for key in wanted if key not in present]
    if missing:
        raise (kind or NotFound)(words.replace("{}", ", ".join(missing)))


def refuse_named(
    values: Sequence[tuple[str, str]], words: str, kind: type[MerxError] | None = None
) -> None:
    """Raise an error, by default NotFound, for values with their paths, if there are any.

    `words` has `{}` for them: for all in the message, for each in its problem.
    """
    if values:
        raise naming(values, words, kind or NotFound)


def refuse_repeated(values: Sequence[tuple[str, str]], words: str) -> None:
    """Raise InvalidData as `refuse_named` does, for values that occur more than once."""
    counts = Counter(value for value, _ in values)
    refuse_named([one for one in values if counts[one[0]] > 1], words, InvalidData)


def naming(values: Sequence[tuple[str, str]], words: str, kind: type[_Error]) -> _Error:
    """The error of `refuse_named`."""
    problems: list[Problem] = [
        {"path": path, "message": words.replace("{}", value)} for value, path in values
    ]
    named = ", ".join(dict.fromkeys(value for value, _ in values))
    return kind(words.replace("{}", named), problems=problems)


def raise_all(errors: Iterable[InvalidData | None]) -> None:
    """Raise the first of the errors with the problems of all of them, if there are any."""
    found = [error for error in errors if error is not None]
    if found:
        problems = [problem for error in found for problem in error.problems]
        raise InvalidData(found[0].message, problems=problems)


class NotAllowed(MerxError):
    """The request is well formed, but the state of the shop does not allow it."""

    status = 400
    type = "not_allowed"


class InsufficientInventory(MerxError):
    """Less stock is available than the request needs."""

    status = 400
    type = "insufficient_inventory"


class Duplicate(MerxError):
    """A live row with the same unique value exists."""

    status = 422
    type = "duplicate_error"


class KeyUsedOtherwise(MerxError):
    """An idempotency key was sent before with a different request."""

    status = 422
    type = "invalid_data"


class NotFound(MerxError):
    """The named row does not exist or is deleted."""

    status = 404
    type = "not_found"


class UnfitKey(MerxError):
    """The publishable key does not match the request's sales channel; answered without a type."""

    status = 400
    type = ""


class Conflict(MerxError):
    """Another request changed the same thing at the same time; the caller may retry."""

    status = 409
    type = "conflict"
    retry_after = 1


class PreconditionFailed(MerxError):
    """The thing is not as the caller read it; `etag` is its current tag."""

    status = 412
    type = "precondition_failed"

    def __init__(self, message: str, *, etag: str | None = None) -> None:
        super().__init__(message)
        self.etag = etag


class Unauthorized(MerxError):
    """No credentials, or none the shop knows."""

    status = 401
    type = "unauthorized"


class Forbidden(MerxError):
    """The caller is known but may not do this."""

    status = 403
    type = "forbidden"


class TooLarge(MerxError):
    """The request exceeds a limit, which the message names."""

    status = 413
    type = "payload_too_large"


class Unavailable(MerxError):
    """The shop cannot answer right now: the database is away or all connections are busy."""

    status = 503
    type = "service_unavailable"
    retry_after = 5


class TooSlow(MerxError):
    """The request asks for more than can be computed within the time limit."""

    status = 503
    type = "request_timeout"
    retry_after = 5


class UnsupportedMediaType(MerxError):
    """The body has a content type that the route does not read."""

    status = 415
    type = "unknown_error"


class TooManyRequests(MerxError):
    """The caller tried too often; `retry_after` is the number of seconds to wait."""

    status = 429
    type = "too_many_requests"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
