"""Errors a client is meant to see: raised where they are known, answered by `web.error_answers`."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import ClassVar, Self, TypedDict

from merx.core.database import Transaction


class Problem(TypedDict, total=False):
    """One bad row or field of a request: where it is (`create[17].sku`) and what is wrong.

    `code` is one of docs/reference/batches.md. `current` is what is stored, where the request
    expected something else; `conflicting_id` is the row that has what the request wants.
    `line` and `column` are of a file that was sent.
    """

    path: str
    message: str
    code: str
    current: float
    conflicting_id: str
    line: int
    column: str


def below(path: str, name: str) -> str:
    """The path of a field of what stands at `path`, which is empty for the body itself."""
    return f"{path}.{name}" if path else name


class MerxError(Exception):
    """Base of all errors that become an answer `{type, message, code?, errors?}`."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "unexpected_state"
    # In how many seconds the same request may succeed, where that is known.
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
        # Problems beside these, which are only counted.
        self.unlisted = unlisted

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Self:
        """The error of these problems, at least one; its message is the first one's."""
        return cls(problems[0].get("message", ""), problems=problems)


class Unexplained(Exception):
    """The database refused a change; which rows are to blame is looked up once it is undone.

    `explain` gives the error to answer with, on a connection outside the failed transaction.
    """

    def __init__(self, explain: Callable[[Transaction], Awaitable[MerxError]]) -> None:
        super().__init__("A unique value is taken")
        self.explain = explain


class InvalidData(MerxError):
    """The request cannot be understood or contradicts itself."""

    status = 400
    type = "invalid_data"


def refuse(problems: Sequence[Problem], kind: type[MerxError] = InvalidData) -> None:
    """Raise all the problems as one error, if there are any."""
    if problems:
        raise kind.of(problems)


def raise_all(errors: Iterable[InvalidData | None]) -> None:
    """Raise the first of the errors with the problems of them all, if there is any."""
    found = [error for error in errors if error is not None]
    if found:
        problems = [problem for error in found for problem in error.problems]
        raise InvalidData(found[0].message, problems=problems)


class NotAllowed(MerxError):
    """The request is well formed, but the state of the shop forbids it."""

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
    """An idempotency key came with another request than before."""

    status = 422
    type = "invalid_data"


class NotFound(MerxError):
    """The named row does not exist or is deleted."""

    status = 404
    type = "not_found"


class UnfitKey(MerxError):
    """The publishable key does not fit the request's sales channel; answered without a type."""

    status = 400
    type = ""


class Conflict(MerxError):
    """Another request changed the same thing at the same time; the caller may try again."""

    status = 409
    type = "conflict"
    retry_after = 1


class PreconditionFailed(MerxError):
    """The thing is not as the caller has read it; `etag` is its tag now."""

    status = 412
    type = "precondition_failed"

    def __init__(self, message: str, *, etag: str | None = None) -> None:
        super().__init__(message)
        self.etag = etag


class Unauthorized(MerxError):
    """Nobody, or nobody known, is calling."""

    status = 401
    type = "unauthorized"


class Forbidden(MerxError):
    """The caller is known and may not do this."""

    status = 403
    type = "forbidden"


class TooLarge(MerxError):
    """The request is larger than a limit that the message names."""

    status = 413
    type = "payload_too_large"


class Unavailable(MerxError):
    """The shop cannot answer now, and can soon: it is the database's fault or that of the crowd."""

    status = 503
    type = "service_unavailable"
    retry_after = 5


class TooSlow(MerxError):
    """The request asks for more than can be computed in the time there is."""

    status = 503
    type = "request_timeout"
    retry_after = 5


class UnsupportedMediaType(MerxError):
    """The body is written in a way that is not read here."""

    status = 415
    type = "unknown_error"


class TooManyRequests(MerxError):
    """The caller tried too often; `retry_after` says in how many seconds to try again."""

    status = 429
    type = "too_many_requests"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
